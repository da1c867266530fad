// Runs the due tasks of many servers: the whole of `maintain run` between reading the inventory and the report.
//
// The supervisor is one single-threaded loop. It loads no plugin, opens no connection to a server and never parses
// a byte that a server sent raw; all of that is done by worker processes, one per server, that speak messages.hpp
// over a socket. It is the only writer of the store, and every task is committed the moment it ends.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "config/settings.hpp"
#include "model/plan.hpp"
#include "model/run.hpp"
#include "model/server.hpp"
#include "plugin/catalog.hpp"
#include "plugin/host_services.hpp"
#include "run/purpose.hpp"
#include "store/state_store.hpp"

namespace maintain {

// How long a task that was asked to stop is waited for. Tests make these short.
struct StopTimes {
  Milliseconds past_deadline = std::chrono::seconds(3);  // the task's own calls time out first
  Milliseconds cancel_grace = std::chrono::seconds(20);  // from the request to SIGTERM
  Milliseconds term_grace = std::chrono::seconds(5);     // from SIGTERM to SIGKILL
  Milliseconds start_limit = std::chrono::minutes(5);    // a worker that begins no task for so long hangs
};

// One task that a person wants done now, whatever the server's configuration says: it is not asked for.
struct HandTask {
  PlannedTask task;                                  // options: what the person said, see by_hand.hpp
  std::vector<CachedConfig> configs = {};            // of the server as last fetched, where they are known
  std::vector<std::filesystem::path> writable = {};  // directories, beside the server's own
};

// What is wanted of the servers.
struct RunRequest {
  const Settings& settings;
  const Catalog& catalog;
  std::vector<Server> servers;                  // those selected; disabled ones are left out by the caller
  Purpose purpose = Purpose::run;
  Mode mode = Mode::apply;
  std::set<std::string> only_tasks = {};        // --task
  std::set<std::string> now_tasks = {};         // --now
  bool refresh_configs = false;                 // do not trust the cache
  std::optional<int> forks = {};                // instead of settings.forks
  bool debug = false;                           // workers send debug lines too
  std::optional<HandTask> by_hand = {};         // then it alone is run, on the one server
  StopTimes stop_times = {};
};

// What a worker found out about its server apart from its tasks.
struct ServerReport {
  std::string server;
  bool contacted = false;                       // a connection was made in this run
  std::optional<Error> error = {};              // why there was none, or why not all was done
  std::string transport = {};                   // Connection::describe()
  std::string facts = {};                       // JSON object, see maintain.facts/1; empty when not gathered
  std::optional<Milliseconds> connect_time = {};
  std::optional<Milliseconds> round_trip = {};  // ping only
  bool from_cache = false;                      // planned from the cached configuration
  std::vector<std::string> config_files = {};   // on the server
  std::vector<Error> config_errors = {};        // each with file, line and column on the server
};

// Follows a run while it happens. All texts are printable. Called from supervise(), on its thread.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void run_started(const Run& /*run*/, std::size_t /*servers*/) {}
  virtual void server_started(const std::string& /*server*/) {}
  virtual void server_planned(const Plan& /*plan*/) {}
  virtual void server_finished(const ServerReport& /*report*/) {}
  virtual void task_started(const TaskKey& /*key*/, const std::string& /*type*/) {}
  virtual void progress(const TaskKey& /*key*/, std::uint64_t /*done*/, std::uint64_t /*total*/,
                        const std::string& /*unit*/) {}
  virtual void task_finished(const TaskResult& /*result*/) {}
  // task is empty for lines about the server; server too for lines about the run.
  virtual void log(const TaskKey& /*about*/, LogLevel /*level*/, const std::string& /*line*/) {}
};

struct RunResult {
  // results: one per task that ran, and and those about servers and projects (see below)
  Run run;
  std::vector<Plan> plans;            // of every server that could be planned, in the order of the request
  std::vector<ServerReport> servers;  // in the order of the request
  bool interrupted = false;           // SIGTERM, SIGINT or SIGHUP came
};

// Results whose `task` is empty speak of a project (its configuration, its stale tasks) or, with an empty project
// too, of the server (unreachable, not as expected, given up). They are there where something was found, and for every
// server that was looked at while something about it was open, so that its end can be seen. A server that is down has
// outcome unreachable there; a transient one that is down has skipped.
//
// Blocks until all is done. SIGTERM, SIGINT and SIGHUP are caught while it runs: the tasks are cancelled, detached jobs
// on the servers go on, and what ended is in the store. Errors: the workers cannot be started, the store cannot be
// written.
Result<RunResult> supervise(const RunRequest& request, StateStore& store, const Clock& clock, RunObserver& observer);

}  // namespace maintain
