#include "run/supervisor.hpp"

#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "base/text.hpp"
#include "model/names.hpp"
#include "run/launcher_link.hpp"
#include "run/run_state.hpp"
#include "run/server_work.hpp"
#include "run/stop_signals.hpp"
#include "store/run_id.hpp"

namespace maintain {
namespace {

constexpr int most_launchers = 3;

std::string describe_end(const WorkerEnded& ended) {
  if (!ended.error.empty()) return ended.error;
  if (WIFSIGNALED(ended.status)) {
    const int signal = WTERMSIG(ended.status);
    return fmt::format("killed by signal {} ({})", signal, ::strsignal(signal));
  }
  return fmt::format("its process ended with exit status {}", WEXITSTATUS(ended.status));
}

class Supervisor {
 public:
  Supervisor(const RunRequest& request, StateStore& store, const Clock& clock, RunObserver& observer)
      : state_{request, store, clock, observer, LeaseDesk(store, clock)},
        forks_(std::max(1, request.forks.value_or(request.settings.forks))) {}

  Result<RunResult> run() {
    if (auto prepared = prepare(); !prepared) return fail(prepared.error());
    if (!servers_.empty())
      if (auto started = start_launcher(); !started) return fail(started.error());
    while (true) {
      start_workers();
      if (active_.empty() && next_ == order_.size()) break;
      wait_for_events();
      serve_signals();
      serve_launcher();
      serve_deadlines();
      for (const auto& [worker, answer] : state_.leases.retry())
        if (ServerWork* server = find_worker(worker)) server->answer(answer);
      forget_finished();
      if (state_.failure) interrupt();
    }
    return conclude();
  }

 private:
  Result<void> prepare() {
    const RunRequest& request = state_.request;
    for (const Server& server : request.servers) {
      if (!is_safe_directory_name(server.name))  // the inventory has refused it already
        return fail(ErrorKind::configuration,
                    fmt::format("'{}' cannot be the name of a server", printable(server.name)),
                    "leave out slashes, control characters, and a dot or dash in front");
      servers_.push_back(std::make_unique<ServerWork>(state_, server));
      order_.push_back(servers_.back().get());
    }
    std::stable_sort(order_.begin(), order_.end(), [](const ServerWork* a, const ServerWork* b) {
      return a->server().wave < b->server().wave;
    });
    Run& run = state_.result.run;
    run.mode = request.mode;
    run.started = state_.clock.now();
    run.id = new_run_id(run.started);
    if (state_.keeps_history())
      if (auto begun = state_.store.begin_run(run); !begun) return begun;
    if (state_.writes()) {
      if (auto known = find_open_findings(); !known) return known;
    }
    state_.observer.run_started(run, servers_.size());
    return {};
  }

  Result<void> find_open_findings() {
    const auto open = state_.store.open_findings();
    if (!open) return fail(open.error());
    for (const OpenFinding& finding : *open)
      if (finding.key.task.empty()) state_.with_open_findings.insert(finding.key.server);
    const auto untold = state_.store.unreported_results();
    if (!untold) return fail(untold.error());
    for (const TaskResult& result : *untold)
      if (result.task.empty()) state_.with_open_findings.insert(result.server);
    return {};
  }

  Result<void> start_launcher() {
    const Settings& settings = state_.request.settings;
    const auto command = settings.worker_command.empty() ? installed_worker() : settings.worker_command;
    auto launcher = LauncherLink::start(
        command, Setup{settings, state_.request.catalog.plugins, state_.request.debug, servers_.size() > 1});
    if (!launcher) return fail(launcher.error());
    launcher_ = std::make_unique<LauncherLink>(std::move(*launcher));
    ++launchers_;
    return {};
  }

  // Those whose worker died go first; then new servers, a wave after the other.
  void start_workers() {
    if (state_.interrupted || state_.failure) return give_up_the_rest();
    for (ServerWork* server : active_)
      if (server->wants_worker()) server->start_worker(*launcher_, ++last_worker_);
    forget_finished();  // one that could not be started again: no event would ever come of it
    while (next_ < order_.size() && active_.size() < static_cast<std::size_t>(forks_) &&
           (active_.empty() || active_.front()->server().wave == order_[next_]->server().wave)) {
      ServerWork* server = order_[next_++];
      server->start_worker(*launcher_, ++last_worker_);
      if (!server->finished()) active_.push_back(server);
    }
  }

  void give_up_the_rest() {
    for (ServerWork* server : active_)
      if (server->wants_worker()) server->never_start();
    while (next_ < order_.size()) order_[next_++]->never_start();
    forget_finished();
  }

  void forget_finished() {
    std::erase_if(active_, [](const ServerWork* server) { return server->finished(); });
  }

  void wait_for_events() {
    std::vector<pollfd> watched;
    std::vector<ServerWork*> watching;
    const auto watch = [&](const Channel& channel) {
      watched.push_back({channel.fd(), static_cast<short>(POLLIN | (channel.wants_to_send() ? POLLOUT : 0)), 0});
    };
    watched.push_back({signals_.fd(), POLLIN, 0});
    watch(launcher_->channel());
    for (ServerWork* server : active_) {
      if (!server->channel().open()) continue;
      watching.push_back(server);
      watch(server->channel());
    }
    if (::poll(watched.data(), watched.size(), time_to_wait()) <= 0) return;
    if (watched[1].revents & POLLOUT) launcher_->channel().flush();
    for (std::size_t i = 0; i < watching.size(); ++i) {
      if (watched[i + 2].revents & POLLOUT) watching[i]->channel().flush();
      if (watched[i + 2].revents & ~POLLOUT) watching[i]->read();
    }
  }

  int time_to_wait() const {
    std::optional<Milliseconds> shortest = state_.leases.until_retry();
    for (const ServerWork* server : active_)
      if (const auto deadline = server->deadline())
        shortest = shortest ? std::min(*shortest, deadline->remaining()) : deadline->remaining();
    return shortest ? static_cast<int>(std::min(*shortest, Milliseconds(std::chrono::hours(1))).count()) : -1;
  }

  void serve_signals() {
    for (int came = signals_.take(); came > 0; --came) {
      state_.observer.log({}, LogLevel::warning, state_.interrupted ? "asked again to stop: ending the workers by force"
                                                                    : "asked to stop: cancelling what runs");
      if (state_.interrupted) asked_to_hurry_ = true;
      state_.result.interrupted = true;
      interrupt();
    }
  }

  void interrupt() {
    if (state_.interrupted && !asked_to_hurry_) return;
    state_.interrupted = true;
    asked_to_hurry_ = false;
    if (!launcher_) return;  // then no worker is left either
    for (ServerWork* server : active_) server->interrupt(*launcher_);
  }

  void serve_launcher() {
    Channel& channel = launcher_->channel();
    const Channel::Received received = channel.receive();
    while (true) {
      const auto message = channel.next();
      if (!message) return launcher_lost(message.error().message);
      if (!*message) break;
      const auto* ended = std::get_if<WorkerEnded>(&**message);
      if (ended == nullptr) continue;
      if (ServerWork* server = find_worker(ended->worker)) server->worker_ended(describe_end(*ended));
    }
    if (received == Channel::Received::end) launcher_lost("the launcher of the workers died");
  }

  // Its workers die with it (see become_worker()); their servers go on with new ones.
  void launcher_lost(const std::string& how) {
    state_.observer.log({}, LogLevel::error, how);
    launcher_.reset();
    for (ServerWork* server : active_)
      if (!server->finished() && !server->wants_worker()) server->worker_ended(how);
    Result<void> again = fail(ErrorKind::internal, "the launcher of the workers keeps dying",
                              "start maintain-worker by hand: it should say that it does nothing on its own");
    if (launchers_ < most_launchers) again = start_launcher();
    if (!again) state_.failure = again.error();
  }

  void serve_deadlines() {
    for (ServerWork* server : active_)
      if (const auto deadline = server->deadline(); launcher_ && deadline && deadline->passed())
        server->deadline_passed(*launcher_);
  }

  ServerWork* find_worker(std::uint64_t worker) {
    for (ServerWork* server : active_)
      if (server->worker() == worker) return server;
    return nullptr;
  }

  Result<RunResult> conclude() {
    launcher_.reset();
    RunResult& result = state_.result;
    for (const auto& server : servers_) {
      if (server->plan()) result.plans.push_back(*server->plan());
      result.servers.push_back(server->report());
    }
    result.run.finished = state_.clock.now();
    if (state_.keeps_history() && !state_.failure)
      state_.require(state_.store.finish_run(result.run.id, *result.run.finished));
    if (state_.failure) return fail(*state_.failure);
    return std::move(result);
  }

  RunState state_;
  int forks_;
  std::vector<std::unique_ptr<ServerWork>> servers_;  // as requested
  std::vector<ServerWork*> order_;                    // as handled
  std::size_t next_ = 0;                              // in order_
  std::vector<ServerWork*> active_;
  StopSignals signals_;
  std::unique_ptr<LauncherLink> launcher_;
  int launchers_ = 0;
  std::uint64_t last_worker_ = 0;
  bool asked_to_hurry_ = false;
};

}  // namespace

Result<RunResult> supervise(const RunRequest& request, StateStore& store, const Clock& clock, RunObserver& observer) {
  return Supervisor(request, store, clock, observer).run();
}

}  // namespace maintain
