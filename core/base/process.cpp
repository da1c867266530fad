#include "base/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/env.hpp>
#include <boost/process/environment.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/posix.hpp>
#include <boost/process/search_path.hpp>
#include <boost/process/start_dir.hpp>
#include <fmt/format.h>

#include "base/fd.hpp"

namespace maintain {
namespace {

namespace bp = boost::process;

constexpr Milliseconds grace{2000};       // between SIGTERM and SIGKILL
constexpr Milliseconds cancel_check{500};
constexpr int largest_pipe = 1024 * 1024;   // that the kernel grants to everybody
constexpr std::size_t read_size = 256 * 1024;
constexpr int most_reads = largest_pipe / read_size;
constexpr std::uint64_t small_read = 4096;
constexpr int few_reads = 20;              // small ones, after which output is let gather
constexpr Milliseconds gathering{20};

// A write to a program that has closed its input must be an error here, not a signal to us.
class SigpipeBlocked {
 public:
  SigpipeBlocked() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~SigpipeBlocked() {
    const timespec no_wait{};
    if (!sigismember(&before_, SIGPIPE))
      while (sigtimedwait(&pipe_, nullptr, &no_wait) == SIGPIPE) {}
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeBlocked(const SigpipeBlocked&) = delete;
  SigpipeBlocked& operator=(const SigpipeBlocked&) = delete;

 private:
  sigset_t pipe_{}, before_{};
};

// In the child, before exec: a process group of its own, so that all it starts can be ended with it; default
// signals; and it does not outlive us when we are killed.
struct ChildSetup : bp::extend::handler {
  template <class Executor>
  void on_exec_setup(Executor&) const {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
  }
};

// One output stream: its descriptor until end of file, and what to do with the bytes.
struct Stream {
  UniqueFd fd;
  const std::function<bool(std::string_view)>* taker = nullptr;
  std::string* collected = nullptr;
  std::uint64_t read = 0;  // bytes, so far

  // Reads what is there, and of one who writes faster than that no more than the largest pipe holds: the deadline is
  // asked in between. False when the receiver wants the program ended.
  bool drain(std::size_t limit, bool& truncated) {
    char buffer[read_size];
    for (int reads = 0; reads < most_reads; ++reads) {
      const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) return true;
      if (got <= 0) {
        fd.reset();
        return true;
      }
      const std::string_view piece(buffer, static_cast<std::size_t>(got));
      read += piece.size();
      if (*taker) {
        if (!(*taker)(piece)) return false;
        continue;
      }
      const std::size_t room = limit - std::min(limit, collected->size());
      if (piece.size() > room) truncated = true;
      collected->append(piece.substr(0, room));
    }
    return true;
  }
};

Result<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (::access(name.c_str(), X_OK) == 0) return name;
  } else if (const auto found = bp::search_path(name); !found.empty()) {
    return found.string();
  }
  return fail(ErrorKind::not_found, fmt::format("the program '{}' is not installed on the maintenance server", name),
              "install the package that holds it");
}

class Running {
 public:
  Running(const LocalCommand& command, LocalExit& result) : command_(command), result_(result) {}

  Result<void> start() {
    auto program = find_program(command_.argv.at(0));
    if (!program) return fail(program.error());
    auto environment = bp::environment(boost::this_process::environment());
    // Not operator[]: it compares the name with each entry beyond the entry's end (Boost 1.74).
    for (const auto& [name, value] : command_.environment) environment.set(name, value);
    const std::vector<std::string> arguments(command_.argv.begin() + 1, command_.argv.end());
    const std::string directory = command_.directory.empty() ? std::filesystem::current_path().string()
                                                             : command_.directory;
    UniqueFd child_input, child_output, child_error_output;
    if (auto made = open_input(child_input); !made) return made;
    if (auto made = open_pipe(output_.fd, child_output, output_.fd); !made) return made;
    if (auto made = open_pipe(error_output_.fd, child_error_output, error_output_.fd); !made) return made;
    // What streams does so in fewer and larger steps; who writes and who reads wake each other at each of them. Past
    // its share of such pipes a user is refused, and has one of the usual size.
    if (command_.on_output) ::fcntl(output_.fd.get(), F_SETPIPE_SZ, largest_pipe);
    std::error_code failure;
    child_ = bp::child(bp::exe = *program, bp::args = arguments, environment, bp::start_dir = directory,
                       bp::posix::fd.bind(0, child_input.get()), bp::posix::fd.bind(1, child_output.get()),
                       bp::posix::fd.bind(2, child_error_output.get()), ChildSetup{}, failure);
    if (failure)
      return fail(ErrorKind::system, fmt::format("cannot start {}: {}", *program, failure.message()));
    output_.taker = &command_.on_output;
    output_.collected = &result_.output;
    error_output_.taker = &command_.on_error_output;
    error_output_.collected = &result_.error_output;
    finished_.reset(static_cast<int>(::syscall(SYS_pidfd_open, child_.id(), 0)));
    if (!finished_) return fail_errno("cannot watch a child process", errno);
    return {};
  }

  // Until the program has ended and its output is read, or until a reason to end it.
  Result<void> wait(Deadline deadline) {
    std::string_view left = command_.input;
    int small_reads = 0;  // in a row
    for (;;) {
      if (command_.cancelled && command_.cancelled())
        return fail(ErrorKind::cancelled, command_.argv[0] + " was ended on request");
      if (deadline.passed())
        return fail(ErrorKind::timed_out, fmt::format("{} did not end within {}", command_.argv[0],
                                                      format_duration(std::chrono::ceil<Seconds>(command_.timeout))));
      pollfd waits[4] = {{finished_.get(), POLLIN, 0},
                         {output_.fd.get(), POLLIN, 0},
                         {error_output_.fd.get(), POLLIN, 0},
                         {input_.get(), POLLOUT, 0}};
      const Milliseconds span = std::min(deadline.remaining(), command_.cancelled ? cancel_check : Milliseconds::max());
      ::poll(waits, 4, static_cast<int>(std::min<Milliseconds::rep>(span.count(), 3'600'000)));
      if (waits[3].revents != 0) feed(left);
      // Who tells of each of its steps, as rsync does of its files, would wake us at each. Who still has to read is not
      // kept waiting for it.
      if (small_reads > few_reads && waits[0].revents == 0 && !input_) ::poll(waits, 1, static_cast<int>(gathering.count()));
      const std::uint64_t before = output_.read + error_output_.read;
      for (Stream* stream : {&output_, &error_output_})
        if (stream->fd && !stream->drain(command_.output_limit, result_.truncated))
          return fail(ErrorKind::cancelled, command_.argv[0] + " was ended: its output is not wanted any more");
      small_reads = output_.read + error_output_.read - before < small_read ? small_reads + 1 : 0;
      // A grandchild may hold the pipes for ever; what the program itself wrote has been read by now.
      if (waits[0].revents != 0) return {};
    }
  }

  void reap() {
    int status = 0;
    while (::waitpid(child_.id(), &status, 0) < 0 && errno == EINTR) {}
    child_.detach();
    if (WIFSIGNALED(status)) result_.signal = WTERMSIG(status);
    else result_.status = WEXITSTATUS(status);
  }

  void end() {
    if (!finished_) {
      ::kill(-child_.id(), SIGKILL);
      return reap();
    }
    ::kill(-child_.id(), SIGTERM);
    pollfd wait{finished_.get(), POLLIN, 0};
    ::poll(&wait, 1, static_cast<int>(grace.count()));
    ::kill(-child_.id(), SIGKILL);
    reap();
  }

  bool started() const { return child_.id() > 0; }

 private:
  // A pipe that only dup2() carries into the child: every descriptor of ours is close-on-exec. `ours` does not block.
  static Result<void> open_pipe(UniqueFd& reading, UniqueFd& writing, const UniqueFd& ours) {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) return fail_errno("cannot make a pipe", errno);
    reading.reset(fds[0]);
    writing.reset(fds[1]);
    return set_nonblocking(ours.get(), true);
  }

  Result<void> open_input(UniqueFd& child_end) {
    if (!command_.input.empty()) return open_pipe(child_end, input_, input_);
    child_end.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    return child_end ? Result<void>{} : fail_errno("cannot open /dev/null", errno);
  }

  void feed(std::string_view& left) {
    const ssize_t written = ::write(input_.get(), left.data(), left.size());
    if (written > 0) left.remove_prefix(static_cast<std::size_t>(written));
    if (left.empty() || (written < 0 && errno != EAGAIN && errno != EINTR)) input_.reset();
  }

  const LocalCommand& command_;
  LocalExit& result_;
  bp::child child_;
  UniqueFd finished_, input_;
  Stream output_, error_output_;
};

}  // namespace

std::string LocalExit::describe() const {
  if (signal != 0) return fmt::format("killed by signal {} ({})", signal, ::strsignal(signal));
  return fmt::format("exit status {}", status);
}

Result<LocalExit> run_local(const LocalCommand& command) {
  if (command.argv.empty() || command.argv[0].empty()) return fail(ErrorKind::internal, "run_local: no program named");
  const SigpipeBlocked no_sigpipe;
  const Deadline deadline = Deadline::after(command.timeout);
  LocalExit result;
  Running running(command, result);
  if (auto started = running.start(); !started) {
    if (running.started()) running.end();
    return fail(started.error());
  }
  if (auto waited = running.wait(deadline); !waited) {
    running.end();
    return fail(waited.error());
  }
  running.reap();
  return result;
}

}  // namespace maintain
