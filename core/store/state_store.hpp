// The bot's memory between runs. One writer: the supervisor. Readers (status, history) may open it at any time.
//
// Every method that changes something is one transaction, on the disk when it returns (unless said otherwise):
// SIGKILL at any moment leaves what had returned, and nothing half. [relaxed] marks the methods that are called for
// every server at every tick: what they wrote survives a kill, but a power cut may take it (never half of it).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "model/finding.hpp"
#include "model/plan.hpp"
#include "model/project.hpp"
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
  std::string output;                      // the task's output as it is to be kept, uncompressed
  std::optional<std::string> new_state = {};  // maintain.state/1 document
  // check: the result is kept in the history; records, state and marks are not touched
  Mode mode = Mode::apply;
};

struct Lease {
  std::string name;
  std::string holder;                      // server
  Time until{};
};
struct LeaseAnswer {
  bool acquired = false;
  std::vector<Lease> holders = {};         // all who hold the name now, the asker included when it got a place
};

// One entry of the earlier bot's maintenance-status.json.
struct LegacyMark {
  std::string server;
  std::string status_key;                  // "db_backup_when"
  Time at{};

  bool operator==(const LegacyMark&) const = default;
};

class StateStore {
 public:
  virtual ~StateStore() = default;

  // Runs and their results. begin_run keeps id, mode and start; results come by commit_task.
  virtual Result<void> begin_run(const Run& run) = 0;
  // Adds the result and its output to the run. In mode apply, for a result that names a task, also its record: a
  // success moves last_success to result.started and ends the count of failures; a failure adds to it. [relaxed] for
  // an `ok` about a server, which is only kept until the digest has seen it.
  virtual Result<void> commit_task(const TaskCommit& commit) = 0;
  virtual Result<void> finish_run(const std::string& run_id, Time finished) = 0;
  virtual Result<std::vector<RunSummary>> runs(int limit) const = 0;         // newest first
  // With results, in the order they were committed; not_found. The id may be shortened to a beginning that only one
  // run has.
  virtual Result<Run> run(const std::string& run_id) const = 0;
  // Full run id. Empty when the task wrote nothing; not_found when it did not run in that run.
  virtual Result<std::string> task_output(const std::string& run_id, const TaskKey& key) const = 0;
  // Newest first; empty fields of the filter match all.
  virtual Result<std::vector<TaskResult>> history(const TaskKey& filter, int limit) const = 0;

  // Task records.
  virtual Result<std::vector<std::pair<TaskKey, TaskRecord>>> server_records(const std::string& server) const = 0;
  virtual Result<void> save_task_state(const TaskKey& key, const std::string& json) = 0;     // checkpoint
  virtual Result<void> save_pending_jobs(const TaskKey& key, const std::set<std::string>& names) = 0;  // all there are

  // What was imported from the earlier bot waits here until its server's configuration has been seen, because only
  // that says which task a status key belongs to (TaskSpec::legacy_status_key).
  virtual Result<void> save_legacy_marks(const std::vector<LegacyMark>& marks) = 0;  // of two for a key the later
  virtual Result<std::vector<LegacyMark>> legacy_marks() const = 0;                  // those that wait
  // To be called between parsing a server's configurations and planning; cheap when nothing waits. Moves last_success
  // of the tasks that claim a mark (never back) and forgets these marks. Returns the tasks.
  virtual Result<std::vector<TaskKey>> claim_legacy_marks(const std::string& server,
                                                          const std::vector<Project>& projects) = 0;

  // The tasks a server has now; replaced per server after planning (what TaskStatus calls the store's own is
  // not taken from the argument). [relaxed]
  virtual Result<void> save_task_statuses(const std::string& server, const std::vector<TaskStatus>& statuses,
                                          Time now) = 0;
  virtual Result<std::vector<TaskStatus>> task_statuses() const = 0;

  // Servers.
  virtual Result<ServerMemory> server_memory(const std::string& server) const = 0;
  // [relaxed]
  virtual Result<void> save_server_memory(const std::string& server, const ServerMemory& memory) = 0;

  // Open findings, for alert on change, reminder and recovery.
  virtual Result<std::vector<OpenFinding>> open_findings() const = 0;
  // Results in mode apply that no digest has covered: this run's, and those of a run that was killed before it could
  // tell. Oldest first.
  virtual Result<std::vector<TaskResult>> unreported_results() const = 0;
  // All of them; the results committed so far count as reported. Call it after the digest went out: a kill in between
  // tells twice rather than never.
  virtual Result<void> replace_open_findings(const std::vector<OpenFinding>& findings) = 0;

  // Leases (maintain.lock/1). A holder has one place per name; asking again prolongs it. Expired leases count for
  // nothing.
  virtual Result<LeaseAnswer> acquire_lease(const std::string& name, const std::string& holder, int places, Time now,
                                            Time until) = 0;
  virtual Result<void> release_lease(const std::string& name, const std::string& holder) = 0;

  // Deletes results and output: of failures (is_failure) older than `failures`, of the rest older than `successes`;
  // then runs that are left without results. What an open finding points to, and what is unreported, stays.
  virtual Result<void> prune(Time now, Seconds successes, Seconds failures) = 0;
};

}  // namespace maintain
