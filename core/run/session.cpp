#include "run/session.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <thread>

#include <fmt/format.h>

#include "base/text.hpp"

namespace maintain {
namespace {

constexpr Milliseconds survey_timeout = std::chrono::seconds(60);
constexpr Milliseconds retry_pause = std::chrono::seconds(1);
// Nothing is sent over an idle connection, and what lies between forgets it. Nothing runs then, so nothing is lost by
// a new one.
constexpr Milliseconds idle_limit = std::chrono::seconds(90);

Result<std::string> random_word() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return fail_errno("cannot get random bytes", errno);
  std::string word;
  for (const unsigned char byte : bytes) word += fmt::format("{:02x}", byte);
  return word;
}

Milliseconds since(Steady start) {
  return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - start);
}

}  // namespace

Session::Session(Server server, Transport& transport, std::function<bool()> cancelled)
    : server_(std::move(server)), transport_(transport), cancelled_(std::move(cancelled)) {}

Result<void> Session::connect() {
  const bool idle = std::chrono::steady_clock::now() - used_ > idle_limit;
  if (connection_ && connection_->usable() && !idle) return {};
  connection_.reset();
  facts_.reset();
  const Steady start = std::chrono::steady_clock::now();
  auto made = transport_.connect(server_);
  if (!made) return fail(made.error());
  connection_ = std::move(*made);
  connect_time_ = since(start);
  used_ = std::chrono::steady_clock::now();
  return {};
}

Result<Connection*> Session::connection_for(const RemoteCommand& command) {
  if (!command.bulk || bulk_missing_) {
    if (auto connected = connect(); !connected) return fail(connected.error());
    return connection_.get();
  }
  if (bulk_ && bulk_->usable()) return bulk_.get();
  bulk_.reset();
  auto made = transport_.connect_bulk(server_);
  bulk_missing_ = !made && made.error().kind == ErrorKind::not_found;
  if (bulk_missing_) return connection_for(command);
  if (!made) return fail(made.error());
  bulk_ = std::move(*made);
  return bulk_.get();
}

Result<RemoteExit> Session::run(const RemoteCommand& command) {
  const auto connection = connection_for(command);
  if (!connection) return fail(connection.error());
  auto exit = (*connection)->run(command);
  const bool over_bulk = *connection == bulk_.get();
  if (!over_bulk) used_ = std::chrono::steady_clock::now();
  if (!exit && exit.error().kind == ErrorKind::unreachable) (over_bulk ? bulk_ : connection_).reset();
  return exit;
}

Result<void> Session::reconnect(Milliseconds timeout) {
  bulk_.reset();
  connection_.reset();
  const Deadline deadline = Deadline::after(timeout);
  while (true) {
    auto connected = connect();
    // A server that is starting refuses logins for a while (pam_nologin), which looks like a refused key.
    if (connected || (connected.error().kind != ErrorKind::unreachable &&
                      connected.error().kind != ErrorKind::timed_out &&
                      connected.error().kind != ErrorKind::authentication))
      return connected;
    const Deadline pause = Deadline::earlier(deadline, Deadline::after(retry_pause));
    do {
      if (cancelled()) return fail(ErrorKind::cancelled, "cancelled while waiting for " + server_.name);
      if (deadline.passed())
        return fail(ErrorKind::unreachable,
                    fmt::format("{} did not come back within {}: {}", server_.name,
                                format_duration(std::chrono::ceil<Seconds>(timeout)), connected.error().message));
      std::this_thread::sleep_for(std::min(pause.remaining(), Milliseconds(50)));
    } while (!pause.passed());
  }
}

Result<Survey> Session::survey(bool with_configs) {
  // Twice: a file that changes while it is read spoils the whole answer.
  for (int attempt = 1;; ++attempt) {
    auto word = random_word();
    if (!word) return fail(word.error());
    RemoteCommand command;
    command.script = survey_script();
    command.argv = survey_arguments(with_configs);
    command.input = *word + "\n";
    command.timeout = survey_timeout;
    command.output_limit = 2 * configs_total_limit;
    const auto exit = run(command);
    if (!exit) return fail(exit.error());
    auto survey = parse_survey(exit->output, *word);
    if (survey) {
      facts_ = survey->facts;
      return survey;
    }
    if (attempt < 2) continue;
    Error error = survey.error();
    const std::string complaint = shorten(printable(trim(exit->error_output)), 300);
    if (!complaint.empty()) error.message += ": " + complaint;
    error.hint = "a POSIX sh, head, wc, uname, id and date must work for the user that connects";
    return fail(error);
  }
}

Result<Milliseconds> Session::round_trip() {
  const Steady start = std::chrono::steady_clock::now();
  RemoteCommand nothing;
  nothing.argv = {"true"};
  nothing.timeout = survey_timeout;
  if (const auto exit = run(nothing); !exit) return fail(exit.error());
  return since(start);
}

std::string Session::describe() const { return connection_ ? connection_->describe() : std::string(); }

Result<std::string> Session::facts() {
  if (!connection_ || !facts_)
    if (const auto gathered = survey(false); !gathered) return fail(gathered.error());
  return *facts_;
}

Result<std::vector<std::string>> Session::remote_shell(bool with_destination) {
  return transport_.remote_shell(server_, with_destination);
}

}  // namespace maintain
