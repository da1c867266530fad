#include "run/launcher.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <map>

#include "run/channel.hpp"
#include "run/process_session.hpp"
#include "run/worker.hpp"

namespace maintain {
namespace {

// Workers notice by themselves that the supervisor has gone; those that do not are killed after this.
constexpr Milliseconds orphan_limit = std::chrono::seconds(4);

class Launcher {
 public:
  Launcher(UniqueFd link, const std::function<WorkerBody(Setup)>& prepare)
      : link_(std::move(link), true), prepare_(prepare) {}

  int run() {
    if (!watch_children()) return 1;
    (void)link_.send(Hello{});
    while (serve_supervisor()) wait_for_events(-1);
    end_orphans();
    return 0;
  }

 private:
  bool watch_children() {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child, &signals_before_);
    children_.reset(::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
    // Ours to end is only the end of the link; SIGTERM to a whole process group must not take the parent first.
    ::signal(SIGTERM, SIG_IGN);
    ::signal(SIGINT, SIG_IGN);
    ::signal(SIGHUP, SIG_IGN);
    // What a dead worker's children become is ours, so that it can be ended and reaped.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    return static_cast<bool>(children_);
  }

  void wait_for_events(int timeout_ms) {
    const short link_events = static_cast<short>(POLLIN | (link_.wants_to_send() ? POLLOUT : 0));
    std::array<pollfd, 2> watched{{{children_.get(), POLLIN, 0}, {link_.fd(), link_events, 0}}};
    if (::poll(watched.data(), link_.open() ? 2 : 1, timeout_ms) < 0) return;
    if (watched[0].revents != 0) reap();
    if (watched[1].revents & POLLOUT) link_.flush();
  }

  // False once the supervisor has gone, or said something that is not for us.
  bool serve_supervisor() {
    if (link_.receive() == Channel::Received::end) return false;
    while (true) {
      auto message = link_.next();
      if (!message) return false;
      if (!*message) return true;
      if (!serve(**message)) return false;
    }
  }

  bool serve(Message& message) {
    if (const auto* hello = std::get_if<Hello>(&message)) return hello->protocol == protocol_version;
    if (auto* setup = std::get_if<Setup>(&message)) {
      body_ = prepare_(std::move(*setup));
      return true;
    }
    if (const auto* start = std::get_if<StartWorker>(&message)) {
      auto socket = link_.take_descriptor();
      if (!socket || !body_) return false;
      start_worker(start->worker, std::move(*socket));
      return true;
    }
    if (const auto* signal = std::get_if<SignalWorker>(&message)) {
      for (const auto& [pid, worker] : workers_)
        if (worker == signal->worker) ::kill(pid, signal->signal);
      return true;
    }
    return false;
  }

  void start_worker(std::uint64_t worker, UniqueFd socket) {
    const pid_t launcher = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) become_worker(launcher, std::move(socket));
    if (pid < 0) {
      (void)link_.send(WorkerEnded{worker, 0, fail_errno("cannot fork a worker", errno).value().message});
      return;
    }
    workers_[pid] = worker;
  }

  [[noreturn]] void become_worker(pid_t launcher, UniqueFd socket) {
    // A session of its own: what it leaves behind can be told from what others run.
    ::setsid();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (::getppid() != launcher) ::_exit(1);
    link_.close();
    children_.reset();
    ::signal(SIGTERM, SIG_DFL);
    ::signal(SIGINT, SIG_DFL);
    ::signal(SIGHUP, SIG_DFL);
    ::sigprocmask(SIG_SETMASK, &signals_before_, nullptr);
    ::_exit(body_(std::move(socket)));
  }

  void reap() {
    signalfd_siginfo pending[16];
    while (::read(children_.get(), pending, sizeof pending) > 0) {}
    while (true) {
      siginfo_t child{};
      // Looked at first, reaped after: as long as it is not, its number is not given to another process.
      if (::waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) != 0 || child.si_pid == 0) return;
      const auto worker = workers_.find(child.si_pid);
      const bool done = child.si_code == CLD_EXITED && child.si_status == worker_done_status;
      if (worker != workers_.end() && !done) kill_session(child.si_pid);
      int status = 0;
      ::waitpid(child.si_pid, &status, 0);
      if (worker == workers_.end()) continue;
      (void)link_.send(WorkerEnded{worker->second, status});
      workers_.erase(worker);
    }
  }

  void end_orphans() {
    link_.close();
    const Deadline deadline = Deadline::after(orphan_limit);
    while (!workers_.empty() && !deadline.passed()) wait_for_events(static_cast<int>(deadline.remaining().count()));
    for (const auto& [pid, worker] : workers_) ::kill(pid, SIGKILL);
    while (!workers_.empty()) wait_for_events(-1);
  }

  Channel link_;
  const std::function<WorkerBody(Setup)>& prepare_;
  WorkerBody body_;
  UniqueFd children_;
  sigset_t signals_before_{};
  std::map<pid_t, std::uint64_t> workers_;
};

}  // namespace

int run_launcher(UniqueFd link, const std::function<WorkerBody(Setup)>& prepare) {
  return Launcher(std::move(link), prepare).run();
}

}  // namespace maintain
