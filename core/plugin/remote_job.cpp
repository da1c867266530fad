#include "plugin/remote_job.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <thread>

#include <fmt/format.h>

#include "base/text.hpp"
#include "plugin/job_script.hpp"

namespace maintain {
namespace {

constexpr std::size_t longest_id = 200;       // of 255 for a file or a unit, less prefix and suffix
constexpr std::uint64_t most_bytes = 256 * 1024;
constexpr Milliseconds poll_margin = std::chrono::seconds(30);  // what a poll may take beyond its wait
constexpr Milliseconds too_soon = std::chrono::seconds(1);      // for a poll that brings nothing
constexpr int most_failures = 5;              // in a row, of polls that a server answers with nonsense

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

template <class Number>
bool parse_number(std::string_view word, Number& into) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), into);
  return error == std::errc() && end == word.data() + word.size();
}

std::optional<JobPhase> parse_phase(std::string_view word) {
  if (word == "none") return JobPhase::none;
  if (word == "running") return JobPhase::running;
  if (word == "finished") return JobPhase::finished;
  if (word == "lost") return JobPhase::lost;
  return std::nullopt;
}

// sh tells of a signal as 128 + its number. 255 and the like are statuses of their own.
void set_status(JobEnd& end, int code) {
  const bool signalled = code > 128 && code <= 128 + 64;
  end.signal = signalled ? code - 128 : 0;
  end.status = signalled ? -1 : code;
}

std::string complaint_of(const RemoteExit& ended, const std::string& what) {
  const std::string complaint = shorten(printable(trim(ended.error_output)), 500);
  if (!complaint.empty()) return fmt::format("{} failed: {}", what, complaint);
  if (ended.signal != 0) return fmt::format("{} was ended by signal {}", what, ended.signal);
  return fmt::format("{} failed with exit status {}", what, ended.status);
}

// For the scripts that either work or say why not.
Result<void> check(const Result<RemoteExit>& ended, const std::string& what) {
  if (!ended) return fail(ended.error());
  if (ended->ok()) return {};
  return fail(ErrorKind::remote, complaint_of(*ended, what));
}

bool may_reconnect(const Error& error) {
  return error.kind == ErrorKind::unreachable || error.kind == ErrorKind::timed_out;
}

// A caller takes `remote` for a lost job. What went wrong on the way to the server, or on this machine, says nothing of
// it.
Error not_of_the_job(Error error) {
  if (error.kind == ErrorKind::remote || error.kind == ErrorKind::system) error.kind = ErrorKind::unreachable;
  return error;
}

// Waits; at most until the deadline, and no longer than the run goes on.
void pause_for(Milliseconds span, const FollowOptions& options) {
  const Deadline end = Deadline::earlier(options.deadline, Deadline::after(span));
  while (!end.passed() && !(options.cancelled && options.cancelled()))
    std::this_thread::sleep_for(std::min(end.remaining(), Milliseconds(50)));
}

}  // namespace

std::string job_id(const TaskKey& key, const std::string& name) {
  // ':' cannot occur in a name, so the parts stay apart; nor can '~', which marks the shortened form.
  std::string id = fmt::format("{}:{}:{}", key.project, key.task, name);
  if (id.size() > longest_id) id = fmt::format("{}~{:016x}", id.substr(0, longest_id - 17), fnv1a(id));
  return id;
}

Result<JobPoll> parse_job_poll(std::string_view answer) {
  const auto end = answer.find('\n');
  const auto line = answer.substr(0, std::min(end, answer.size()));
  const auto words = line.size() <= 200 ? split_words(line) : std::vector<std::string>{};
  JobPoll poll;
  int code = 0;
  std::int64_t begun = 0, ended = 0;
  const auto phase = words.size() == 7 && words[0] == "job" ? parse_phase(words[1]) : std::nullopt;
  if (end == std::string_view::npos || !phase || !parse_number(words[2], poll.size) ||
      !parse_number(words[3], code) || !parse_number(words[4], begun) || !parse_number(words[5], ended) ||
      (words[6] != "quiet" && words[6] != "shown"))
    return fail(ErrorKind::remote, "the server's answer about a job makes no sense: " +
                                       shorten(printable(line), 200));
  poll.phase = *phase;
  poll.quiet = words[6] == "quiet";
  poll.bytes = answer.substr(end + 1);
  set_status(poll.end, code);
  if (ended > begun && begun > 0 && ended - begun < 366 * 86400) poll.end.duration = Seconds(ended - begun);
  return poll;
}

RemoteCommand RemoteJob::command(std::string script, std::vector<std::string> more, Milliseconds patience) const {
  RemoteCommand command;
  command.script = std::move(script);
  command.argv = {place_.base, id_};
  command.argv.insert(command.argv.end(), more.begin(), more.end());
  command.become_user = place_.become_user;
  command.environment = {{"LC_ALL", "C"}};
  command.timeout = patience;
  return command;
}

Result<JobPhase> RemoteJob::find(Milliseconds patience) {
  const auto ended = session_.run(command(job_find_script(), {}, patience));
  if (auto worked = check(ended, "looking for a job"); !worked) return fail(worked.error());
  const auto phase = parse_phase(trim(ended->output));
  if (!phase) return fail(ErrorKind::remote, "looking for a job: the server answered " +
                                                 shorten(printable(ended->output), 200));
  return *phase;
}

Result<void> RemoteJob::start(const JobStart& what, Milliseconds patience) {
  RemoteCommand start = command(job_start_script(),
                                {"maintain-job-" + id_, std::to_string(what.command_file.size()),
                                 what.quiet ? "quiet" : ""},
                                patience);
  start.input = what.command_file;
  start.secret = what.secret;
  const auto ended = session_.run(start);
  if (ended && ended->status == job_exists)
    return fail(ErrorKind::busy, fmt::format("the job {} exists on the server already", id_));
  // The script never ends like this by itself: it was cut off, and may have come to the point or not.
  if (ended && (ended->signal != 0 || ended->status > 128))
    return fail(ErrorKind::unreachable, complaint_of(*ended, "starting a job"));
  return check(ended, "starting a job");
}

Result<std::string> RemoteJob::poll(std::uint64_t offset, Seconds wait) {
  RemoteCommand poll = command(job_poll_script(),
                               {std::to_string(offset), std::to_string(wait.count()), std::to_string(most_bytes)},
                               wait + poll_margin);
  poll.output_limit = most_bytes + 1024;
  auto ended = session_.run(poll);
  if (auto worked = check(ended, "following a job"); !worked) return fail(worked.error());
  return std::move(ended->output);
}

Result<JobEnd> RemoteJob::follow(std::uint64_t& offset, const FollowOptions& options) {
  using SteadyClock = std::chrono::steady_clock;
  const auto cancelled = [&] { return options.cancelled && options.cancelled(); };
  auto last_output = SteadyClock::now();
  int losses = 0, failures = 0;  // in a row
  // Ends: every round either brings output or the job's end, or waits, on the server or here, and the deadline passes.
  for (;;) {
    if (cancelled()) return fail(ErrorKind::cancelled, "the run is being stopped; the job goes on");
    if (options.deadline.passed())
      return fail(ErrorKind::timed_out, fmt::format("the job {} did not end in time; it goes on", id_));
    Milliseconds wait = std::min(options.longest_wait, options.deadline.remaining());
    if (options.idle_timeout.count() > 0) {
      const auto silent = std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - last_output);
      if (silent >= options.idle_timeout)
        return fail(ErrorKind::timed_out,
                    fmt::format("the job {} has printed nothing for {}; it goes on", id_,
                                format_duration(std::chrono::floor<Seconds>(silent))));
      wait = std::min(wait, options.idle_timeout - silent);
    }

    const auto asked = SteadyClock::now();
    const auto answer = poll(offset, std::chrono::ceil<Seconds>(wait));
    if (!answer && may_reconnect(answer.error())) {
      // At once the first time; a server that lets us in and drops us again is not to be hammered.
      if (losses++ > 0) pause_for(options.retry_pause, options);
      if (cancelled() || options.deadline.passed()) continue;
      if (auto again = session_.reconnect(options.deadline.remaining()); !again)
        return fail(not_of_the_job(again.error()));
      last_output = SteadyClock::now();  // nobody could have heard it
      continue;
    }
    const auto state = answer ? parse_job_poll(*answer) : Result<JobPoll>(fail(answer.error()));
    if (!state) {
      // A poll can be killed, or find no memory, while the job goes on: that says nothing of the job.
      if (state.error().kind != ErrorKind::remote) return fail(not_of_the_job(state.error()));
      if (++failures >= most_failures)
        return fail(ErrorKind::unreachable,
                    fmt::format("the job {} cannot be followed, it may go on: {}", id_, state.error().message));
      pause_for(options.retry_pause, options);
      continue;
    }
    losses = failures = 0;
    if (state->phase == JobPhase::none)
      return fail(ErrorKind::not_found, fmt::format("there is no job {} on the server", id_));
    if (!state->bytes.empty()) {
      last_output = SteadyClock::now();
      offset += state->bytes.size();
      if (options.on_output && !options.on_output(state->bytes, state->quiet))
        return fail(ErrorKind::cancelled, "the task wants no more of the job's output; the job goes on");
      if (offset < state->size) continue;
    }
    if (state->phase == JobPhase::finished) return state->end;
    if (state->phase == JobPhase::lost)
      return fail(ErrorKind::remote, fmt::format("the job {} was lost: it began, and neither its process nor its "
                                                 "result is left; the server went down under it, or it was killed",
                                                 id_));
    // A server that says "it runs" at once, although it was to wait, does not set our pace.
    if (state->bytes.empty() && SteadyClock::now() - asked < too_soon)
      pause_for(std::min(wait, options.retry_pause), options);
  }
}

Result<void> RemoteJob::stop(Milliseconds grace, Milliseconds patience) {
  const Seconds seconds = std::chrono::ceil<Seconds>(std::max(grace, Milliseconds(0)));
  return check(session_.run(command(job_stop_script(), {std::to_string(seconds.count())}, seconds + patience)),
               "stopping a job");
}

Result<void> RemoteJob::collect(Milliseconds patience) {
  const auto ended = session_.run(command(job_collect_script(), {}, patience));
  if (ended && ended->status == job_still_runs)
    return fail(ErrorKind::refused, fmt::format("the job {} still runs", id_));
  return check(ended, "removing a finished job");
}

}  // namespace maintain
