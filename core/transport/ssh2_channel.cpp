#include "transport/ssh2_channel.hpp"

#include <array>
#include <csignal>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "transport/ssh_command.hpp"

namespace maintain {
namespace {

constexpr unsigned window_size = 2 * 1024 * 1024;
constexpr unsigned packet_size = 32768;
constexpr int pieces_at_a_time = 64;

}  // namespace

int signal_number(std::string_view name) {
  // RFC 4254, section 6.10
  constexpr std::array<std::pair<std::string_view, int>, 13> names{
      {{"ABRT", SIGABRT}, {"ALRM", SIGALRM}, {"FPE", SIGFPE}, {"HUP", SIGHUP}, {"ILL", SIGILL}, {"INT", SIGINT},
       {"KILL", SIGKILL}, {"PIPE", SIGPIPE}, {"QUIT", SIGQUIT}, {"SEGV", SIGSEGV}, {"TERM", SIGTERM},
       {"USR1", SIGUSR1}, {"USR2", SIGUSR2}}};
  for (const auto& [known, number] : names)
    if (name == known) return number;
  return -1;
}

Ssh2Channel::~Ssh2Channel() {
  if (!session_.usable()) return;  // the session frees it
  if (!clean_) session_.abandon();
  else if (channel_ != nullptr) session_.close_channel(channel_);
}

Result<void> Ssh2Channel::open() {
  clean_ = false;
  const auto opened = session_.drive(
      [&] {
        channel_ = libssh2_channel_open_ex(session_.get(), "session", 7, window_size, packet_size, nullptr, 0);
        return channel_ != nullptr ? 0 : libssh2_session_last_errno(session_.get());
      },
      deadline_);
  if (!opened) return fail(opened.error());
  clean_ = *opened == 0 || *opened == LIBSSH2_ERROR_CHANNEL_FAILURE;
  if (*opened == LIBSSH2_ERROR_CHANNEL_FAILURE) {
    // Unreachable makes callers connect anew. Where that would not help, the connection is as good as any.
    const bool crowded = session_.crowded();
    if (crowded) session_.abandon();
    return fail(crowded ? ErrorKind::unreachable : ErrorKind::remote,
                name_of(session_.server()) + ": the server lets no further command run over this connection",
                "look at MaxSessions in sshd_config on the server");
  }
  if (*opened != 0) return fail(session_.lost("starting a command"));
  return {};
}

Result<void> Ssh2Channel::start(const std::string& line) {
  clean_ = false;
  const auto started = session_.drive(
      [&] {
        return libssh2_channel_process_startup(channel_, "exec", 4, line.data(), static_cast<unsigned>(line.size()));
      },
      deadline_);
  if (!started) return fail(started.error());
  clean_ = *started == 0 || *started == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED;
  if (*started == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED)
    return fail(ErrorKind::remote, name_of(session_.server()) + ": the server refuses to run a command",
                "look for a full process table on the server, and for ForceCommand and the like in its sshd_config");
  if (*started != 0) return fail(session_.lost("starting a command"));
  return {};
}

// Writes what fits. True when something moved.
Result<bool> Ssh2Channel::feed(std::string_view& input, bool& open) {
  if (!input.empty()) {
    clean_ = false;
    const auto sent = session_.push(
        [&] { return libssh2_channel_write_ex(channel_, 0, input.data(), input.size()); }, deadline_);
    if (!sent) return fail(sent.error());
    clean_ = true;
    if (*sent == LIBSSH2_ERROR_EAGAIN || *sent == 0) return false;  // the server's window is full
    if (*sent < 0) return fail(session_.lost("sending input"));
    input.remove_prefix(static_cast<std::size_t>(*sent));
    if (!input.empty()) return true;
  }
  clean_ = false;
  const auto ended = session_.drive([&] { return libssh2_channel_send_eof(channel_); }, deadline_);
  if (!ended) return fail(ended.error());
  if (*ended != 0) return fail(session_.lost("sending input"));
  clean_ = true;
  open = false;
  return true;
}

// Takes what has come. True when something moved. Bounded, so that a server that never pauses cannot keep us here.
Result<bool> Ssh2Channel::drain(int stream, const Taker& taker) {
  char buffer[packet_size];
  for (int i = 0; i < pieces_at_a_time; ++i) {
    clean_ = false;
    const auto got = session_.push([&] { return libssh2_channel_read_ex(channel_, stream, buffer, sizeof buffer); },
                                   deadline_);
    if (!got) return fail(got.error());
    if (*got < 0 && *got != LIBSSH2_ERROR_EAGAIN) return fail(session_.lost("running a command"));
    clean_ = true;
    if (*got <= 0) return i > 0;
    if (!taker({buffer, static_cast<std::size_t>(*got)}))
      return fail(ErrorKind::cancelled,
                  name_of(session_.server()) + ": the command was ended: its output is not wanted");
  }
  return true;
}

Result<void> Ssh2Channel::pump(std::string_view input, Milliseconds idle, const Taker& output,
                               const Taker& error_output) {
  bool input_open = true;
  Deadline idle_deadline = Deadline::after(idle.count() > 0 ? idle : Milliseconds(std::chrono::hours(24 * 365)));
  for (;;) {
    if (auto checked = session_.check(deadline_); !checked) return checked;
    if (idle_deadline.passed())
      return fail(ErrorKind::timed_out,
                  fmt::format("{}: the command was silent for {}", name_of(session_.server()),
                              format_duration(std::chrono::ceil<Seconds>(idle))));
    bool moved = false;
    if (input_open) {
      auto fed = feed(input, input_open);
      if (!fed) return fail(fed.error());
      moved = *fed;
    }
    bool heard = false;
    for (auto [stream, taker] : {std::pair(0, &output), std::pair(SSH_EXTENDED_DATA_STDERR, &error_output)}) {
      auto drained = drain(stream, *taker);
      if (!drained) return fail(drained.error());
      heard = heard || *drained;
    }
    if (libssh2_channel_eof(channel_) == 1) return {};
    if (heard && idle.count() > 0) idle_deadline = Deadline::after(idle);
    if (moved || heard) continue;
    const auto waited = session_.wait(Deadline::earlier(deadline_, idle_deadline));
    if (!waited && waited.error().kind != ErrorKind::timed_out) return waited;
  }
}

Result<void> Ssh2Channel::finish(RemoteExit& exit) {
  const auto closed = session_.drive([&] { return libssh2_channel_wait_closed(channel_); }, deadline_);
  if (!closed) return fail(closed.error());
  if (*closed != 0) return fail(session_.lost("waiting for the end of a command"));
  char* name = nullptr;
  std::size_t size = 0;
  libssh2_channel_get_exit_signal(channel_, &name, &size, nullptr, nullptr, nullptr, nullptr);
  if (name != nullptr) {
    exit.status = -1;
    exit.signal = signal_number({name, size});
    libssh2_free(session_.get(), name);
  } else {
    exit.status = libssh2_channel_get_exit_status(channel_);
  }
  return {};
}

}  // namespace maintain
