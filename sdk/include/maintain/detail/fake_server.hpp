// The test kit's FakeServer: its script, its clock, and how it answers commands.
#pragma once

#include <fstream>

#include <maintain/detail/fake_rules.hpp>
#include <maintain/detail/fake_script.hpp>
#include <maintain/testkit.hpp>

namespace maintain::sdk::testkit {

inline FakeServer::~FakeServer() {
  std::error_code ignored;
  if (!script_->directory.empty()) std::filesystem::remove_all(script_->directory, ignored);
}

inline Expectation& FakeServer::expect(Matcher matcher) {
  return script_->expectations.emplace_back(std::move(matcher));
}
inline Expectation& FakeServer::expect_local(Matcher matcher) {
  return script_->local_expectations.emplace_back(std::move(matcher));
}
inline void FakeServer::stub(Matcher matcher, Reply reply) {
  stub(std::move(matcher), [reply = std::move(reply)](const SeenCommand&) { return reply; });
}
template <std::invocable<const SeenCommand&> Answer>
void FakeServer::stub(Matcher matcher, Answer answer) {
  script_->stubs.push_front({std::move(matcher), std::move(answer)});
}
inline void FakeServer::stub_local(Matcher matcher, Reply reply) {
  script_->local_stubs.push_front(
      {std::move(matcher), [reply = std::move(reply)](const SeenCommand&) { return reply; }});
}
inline void FakeServer::expect_job(const std::string& name, FakeJob job) {
  script_->coming_jobs[name] = std::move(job);
}
inline void FakeServer::on_reconnect(Reply reply) { script_->reconnects.push_back(std::move(reply)); }
inline void FakeServer::at(Milliseconds after_start, std::function<void(FakeServer&)> event) {
  const Moment when = script_->start + after_start;
  auto& events = script_->events;
  const auto later = std::find_if(events.begin(), events.end(), [&](const auto& other) { return other.when > when; });
  events.insert(later, {when, std::move(event)});
}
inline void FakeServer::cancel_at(Milliseconds after_start) {
  at(after_start, [](FakeServer& server) { server.script_->cancelled = true; });
}
inline void FakeServer::without(const std::string& extension) { script_->missing.insert(extension); }
inline void FakeServer::only_listed_in(const std::string& manifest_file) {
  std::ifstream file(manifest_file);
  const Json manifest = Json::parse(file, nullptr, false);
  if (!manifest.is_object()) throw TestProblem(manifest_file + " cannot be read or is not JSON");
  script_->listed.emplace();
  for (const char* key : {"needs", "wants"})
    for (const Json& id : manifest.value(key, Json::array())) script_->listed->insert(id.get<std::string>());
  script_->allowed_urls = manifest.value("http", std::vector<std::string>());
}

inline const Finding* FakeServer::find(std::string_view code, std::string_view subject) const {
  for (const Finding& finding : findings)
    if (finding.code == code && (subject.empty() || finding.subject == subject)) return &finding;
  return nullptr;
}

inline void FakeServer::set_now(Moment now) {
  if (!script_->events.empty()) throw TestProblem("set_now() comes before at() and cancel_at()");
  now_ = now;
  script_->start = now;
}

inline bool FakeServer::out_of_time() const { return script_->running && now_ >= script_->deadline; }

inline void FakeServer::advance(Milliseconds span) {
  const Moment end = now_ + std::max(span, Milliseconds(0));
  auto& events = script_->events;
  while (!events.empty() && events.front().when <= end) {
    const auto event = events.front();
    events.pop_front();
    now_ = std::max(now_, event.when);
    event.run(*this);
  }
  now_ = std::max(now_, end);
}

inline std::string FakeServer::directory() {
  if (script_->directory.empty()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "maintain-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw TestProblem("cannot make a temporary directory " + pattern);
    script_->directory = pattern;
  }
  return script_->directory.string();
}

inline std::vector<std::string> FakeServer::problems() const {
  std::vector<std::string> all = script_->problems;
  script_->list_unmet(all);
  return all;
}

namespace detail {

inline constexpr Milliseconds cleanup_allowance{10'000};

// The end of what puts things back, counted from when this is first asked of a task that is over.
inline Moment cleanup_end(FakeServer& server) {
  auto& script = server.script();
  if (!script.cancelled && !server.out_of_time()) return script.deadline + cleanup_allowance;
  if (!script.cleanup_end) script.cleanup_end = server.now() + cleanup_allowance;
  return *script.cleanup_end;
}

// As spend(), for a command that puts things back.
inline maintain_status spend_on_cleanup(FakeServer& server, Milliseconds span, Milliseconds timeout) {
  const Moment wanted = server.now() + span;
  const Moment timed_out = timeout.count() > 0 ? server.now() + timeout : Moment::max();
  while (server.now() < std::min({wanted, timed_out, cleanup_end(server)})) {
    Moment next = std::min({wanted, timed_out, cleanup_end(server)});
    auto& events = server.script().events;
    if (!events.empty()) next = std::clamp(events.front().when, server.now(), next);
    server.advance(next - server.now());
  }
  if (server.now() >= wanted) return MAINTAIN_OK;
  return server.script().cancelled && server.now() < timed_out ? MAINTAIN_CANCELLED : MAINTAIN_TIMEOUT;
}

// Spends virtual time in a blocking call. Not OK: what the call must return instead of its result.
inline maintain_status spend(FakeServer& server, Milliseconds span, Milliseconds timeout) {
  auto& script = server.script();
  if (script.cancelled) return MAINTAIN_CANCELLED;
  const Milliseconds left = std::max(script.deadline - server.now(), Milliseconds(0));
  const Milliseconds allowed = timeout.count() > 0 ? std::min(timeout, left) : left;
  const bool late = span > allowed;
  const Moment end = server.now() + std::min(span, allowed);
  while (server.now() < end && !script.cancelled) {  // event by event, so that a cancellation is seen in time
    Moment next = end;
    if (!script.events.empty()) next = std::clamp(script.events.front().when, server.now(), end);
    server.advance(next - server.now());
    if (next == end) break;
  }
  if (script.cancelled) return MAINTAIN_CANCELLED;
  return late ? MAINTAIN_TIMEOUT : MAINTAIN_OK;
}

inline SeenCommand seen(const maintain_command& raw) {
  using sdk::detail::to_string;
  SeenCommand command;
  for (uint64_t i = 0; i < raw.argc; ++i) command.argv.push_back(to_string(raw.argv[i]));
  command.script = to_string(raw.script);
  command.input = to_string(raw.input);
  command.become_user = to_string(raw.become_user);
  for (uint64_t i = 0; i < raw.envc; ++i) {
    const std::string pair = to_string(raw.env[i]);
    const auto equals = pair.find('=');
    if (equals == 0 || equals == std::string::npos)
      throw Failure(MAINTAIN_INVALID_ARGUMENT, "not NAME=value in the environment: " + pair);
    command.environment[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  command.read_only = (raw.flags & MAINTAIN_COMMAND_READ_ONLY) != 0;
  command.quiet = (raw.flags & MAINTAIN_COMMAND_QUIET) != 0;
  command.secret = (raw.flags & MAINTAIN_COMMAND_SECRET) != 0;
  command.bulk = (raw.flags & MAINTAIN_COMMAND_BULK) != 0;
  command.cleanup = (raw.flags & MAINTAIN_COMMAND_CLEANUP) != 0;
  command.timeout = Milliseconds(raw.timeout_ms);
  command.idle_timeout = Milliseconds(raw.idle_timeout_ms);
  command.output_limit = raw.output_limit;
  return command;
}

// Nothing is begun after cancellation or beyond the deadline, but for what puts things back.
inline void check_time(FakeServer& server, bool cleanup = false) {
  if (!server.script().cancelled && !server.out_of_time()) return;
  if (server.now() < cleanup_end(server) && cleanup) return;
  if (server.script().cancelled) throw Failure(MAINTAIN_CANCELLED, "the run is being stopped");
  throw Failure(MAINTAIN_TIMEOUT, "the task has used up its time");
}

// Notes the command; refuses what the real host would refuse.
inline void admit(FakeServer& server, const SeenCommand& command) {
  server.commands.push_back(command);
  check_command(command);
  if (server.script().check && !command.read_only) {
    server.refused.push_back(command);
    throw Failure(MAINTAIN_REFUSED, "check mode: not marked read-only: " + command.describe());
  }
}

inline maintain_status feed(const maintain_sink* sink, std::string_view bytes, std::uint64_t limit, bool* truncated) {
  const std::uint64_t most = limit != 0 ? limit : 16u * 1024 * 1024;
  if (bytes.size() > most) *truncated = true;
  bytes = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(most, bytes.size())));
  if (sink == nullptr || bytes.empty()) return MAINTAIN_OK;
  // In two pieces: a task must not believe that one write is one line or all.
  const std::size_t half = (bytes.size() + 1) / 2;
  const auto first = sink->write(sink->context, bytes.data(), half);
  if (first != MAINTAIN_OK || half == bytes.size()) return first;
  return sink->write(sink->context, bytes.data() + half, bytes.size() - half);
}

inline Confinement seen(const maintain_confinement& raw) {
  using sdk::detail::to_string;
  require(MAINTAIN_HAS(&raw, writable) && raw.flags == 0, "not a confinement");
  Confinement confinement;
  for (uint64_t i = 0; i < raw.readable_count; ++i) confinement.readable.push_back(to_string(raw.readable[i]));
  for (uint64_t i = 0; i < raw.writable_count; ++i) confinement.writable.push_back(to_string(raw.writable[i]));
  for (const auto* paths : {&confinement.readable, &confinement.writable})
    for (const auto& path : *paths) check_path(path);
  return confinement;
}

inline maintain_status run_command(FakeServer& server, const maintain_command* raw, bool local, maintain_exit* exit,
                                   std::optional<Confinement> confinement = {}) {
  SeenCommand command = seen(*raw);
  command.local = local;
  command.confined_to = std::move(confinement);
  if (local && (!command.script.empty() || !command.become_user.empty()))
    throw Failure(MAINTAIN_INVALID_ARGUMENT, "a local program is argv only");
  admit(server, command);
  const bool cleanup = command.cleanup && !local;
  check_time(server, cleanup);
  if (command.confined_to && !server.no_confinement.empty())
    throw Failure(MAINTAIN_UNSUPPORTED, server.no_confinement);
  const auto reply = server.script().answer(command);
  if (!reply) throw Failure(MAINTAIN_FAILED, "unexpected command: " + command.describe());
  const Moment before = server.now();
  const auto late = cleanup ? spend_on_cleanup(server, reply->takes, command.timeout)
                            : spend(server, reply->takes, command.timeout);
  if (late != MAINTAIN_OK)
    throw Failure(late, command.describe() + ": " + sdk::detail::describe(late));
  bool truncated = false;
  auto fed = feed(raw->output, reply->output, raw->output_limit, &truncated);
  if (fed == MAINTAIN_OK) fed = feed(raw->error_output, reply->error_output, raw->output_limit, &truncated);
  if (!command.quiet && !command.secret) server.output += reply->output + reply->error_output;
  if (reply->then) reply->then(server);
  if (fed != MAINTAIN_OK) return fed;
  if (reply->failure != MAINTAIN_OK)
    throw Failure(reply->failure,
                  reply->message.empty() ? sdk::detail::describe(reply->failure) : reply->message);
  exit->signal = reply->signal;
  exit->status = reply->signal != 0 ? -1 : reply->status;
  exit->truncated = truncated ? 1 : 0;
  exit->duration_ms = (server.now() - before).count();
  return MAINTAIN_OK;
}

inline void reconnect(FakeServer& server, Milliseconds timeout) {
  check_time(server);
  ++server.reconnects;
  auto& scripted = server.script().reconnects;
  Reply reply;
  if (!scripted.empty()) {
    reply = scripted.front();
    scripted.pop_front();
  }
  const auto late = spend(server, reply.takes, timeout);
  if (late == MAINTAIN_CANCELLED) throw Failure(late, "cancelled");
  if (late == MAINTAIN_TIMEOUT || reply.failure != MAINTAIN_OK) {
    const std::string message = reply.message.empty() ? "the server did not come back" : reply.message;
    throw Failure(reply.failure != MAINTAIN_OK ? reply.failure : MAINTAIN_UNREACHABLE, message);
  }
  if (reply.then) reply.then(server);
}

}  // namespace detail

}  // namespace maintain::sdk::testkit
