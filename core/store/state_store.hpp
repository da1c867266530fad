// The bot's memory between runs. One writer: the supervisor. Readers (status, history) may open it at any time.
//
// Every method that changes something is one transaction, on the disk when it returns (unless said otherwise):
// SIGKILL at any moment leaves what had returned, and nothing half.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "model/finding.hpp"
#include "model/plan.hpp"
#include "model/run.hpp"
#include "model/status.hpp"

namespace maintain {

// What was last fetched from one server.
struct CachedConfig {
  std::string path;                        // on the server
  std::string text;                        // newest fetched
  std::optional<std::string> last_good;    // newest that parsed without an unusable file
};
struct ServerMemory {
  std::optional<Time> last_contact = {};   // last successful connection
  std::optional<Time> unreachable_since = {};
  std::optional<Time> configs_fetched = {};
  std::vector<CachedConfig> configs = {};
};

// Everything that is committed when a task ends.
struct TaskCommit {
  std::string run_id;
  TaskResult result;
  std::string output;                      // the task's output, uncompressed; capped by the store
  std::optional<std::string> new_state = {};  // maintain.state/1 document
  std::optional<std::string> pending_job = {};  // set: the job now pending, "" when collected
  Mode mode = Mode::apply;                 // check: the result is kept in the history; records, state and marks are not touched
};

struct Lease {
  std::string name;
  std::string holder;                      // server
  Time until{};
};

class StateStore {
 public:
  virtual ~StateStore() = default;

  // Runs and their results.
  virtual Result<void> begin_run(const Run& run) = 0;
  virtual Result<void> commit_task(const TaskCommit& commit) = 0;
  virtual Result<void> finish_run(const std::string& run_id, Time finished) = 0;
  virtual Result<std::vector<RunSummary>> runs(int limit) const = 0;         // newest first
  virtual Result<Run> run(const std::string& run_id) const = 0;              // with results; not_found
  virtual Result<std::string> task_output(const std::string& run_id, const TaskKey& key) const = 0;
  virtual Result<std::vector<TaskResult>> history(const TaskKey& filter, int limit) const = 0;  // empty fields match all

  // Task records.
  virtual Result<std::vector<TaskRecord>> task_records(const std::vector<TaskKey>& keys) const = 0;  // same order
  virtual Result<std::vector<std::pair<TaskKey, TaskRecord>>> server_records(const std::string& server) const = 0;
  virtual Result<void> save_task_state(const TaskKey& key, const std::string& json) = 0;     // checkpoint
  virtual Result<void> save_pending_job(const TaskKey& key, const std::string& job) = 0;     // "" forgets it
  virtual Result<void> import_success(const TaskKey& key, Time at) = 0;      // keeps the later of both

  // What `status` shows of each task; replaced per server after planning.
  virtual Result<void> save_task_statuses(const std::string& server, const std::vector<TaskStatus>& statuses) = 0;
  virtual Result<std::vector<TaskStatus>> task_statuses() const = 0;

  // Servers.
  virtual Result<ServerMemory> server_memory(const std::string& server) const = 0;
  virtual Result<void> save_server_memory(const std::string& server, const ServerMemory& memory) = 0;

  // Open findings, for alert on change, reminder and recovery.
  virtual Result<std::vector<OpenFinding>> open_findings() const = 0;
  virtual Result<void> replace_open_findings(const std::vector<OpenFinding>& findings) = 0;  // all of them, one transaction

  // Leases (maintain.lock/1). acquire returns the holders when all places are taken (and `holder` is not one).
  virtual Result<std::vector<Lease>> acquire_lease(const std::string& name, const std::string& holder, int places, Time now, Time until, bool& acquired) = 0;
  virtual Result<void> release_lease(const std::string& name, const std::string& holder) = 0;
  virtual Result<std::vector<Lease>> leases(Time now) const = 0;

  // Deletes old runs: results and output of successes older than successes, of failures older than failures.
  virtual Result<void> prune(Time now, Seconds successes, Seconds failures) = 0;
};

}  // namespace maintain
