// The class behind open_sqlite_store(). Its methods are defined by concern: store_runs.cpp, store_tasks.cpp,
// store_statuses.cpp, store_servers.cpp, store_findings.cpp, store_leases.cpp, store_legacy.cpp, store_prune.cpp.
#pragma once

#include <memory>

#include "store/sqlite.hpp"
#include "store/sqlite_store.hpp"

namespace maintain {

class SqliteStore final : public StateStore {
 public:
  explicit SqliteStore(std::unique_ptr<sqlite::Database> database) : database_(std::move(database)) {}

  Result<void> begin_run(const Run& run) override;
  Result<void> commit_task(const TaskCommit& commit) override;
  Result<void> finish_run(const std::string& run_id, Time finished) override;
  Result<std::vector<RunSummary>> runs(int limit) const override;
  Result<Run> run(const std::string& run_id) const override;
  Result<std::string> task_output(const std::string& run_id, const TaskKey& key) const override;
  Result<std::vector<TaskResult>> history(const TaskKey& filter, int limit) const override;

  Result<std::vector<std::pair<TaskKey, TaskRecord>>> server_records(const std::string& server) const override;
  Result<void> save_task_state(const TaskKey& key, const std::string& json) override;
  Result<void> save_pending_jobs(const TaskKey& key, const std::set<std::string>& names) override;

  Result<void> save_legacy_marks(const std::vector<LegacyMark>& marks) override;
  Result<std::vector<LegacyMark>> legacy_marks() const override;
  Result<std::vector<TaskKey>> claim_legacy_marks(const std::string& server,
                                                  const std::vector<Project>& projects) override;

  Result<void> save_task_statuses(const std::string& server, const std::vector<TaskStatus>& statuses,
                                  Time now) override;
  Result<std::vector<TaskStatus>> task_statuses() const override;

  Result<ServerMemory> server_memory(const std::string& server) const override;
  Result<void> save_server_memory(const std::string& server, const ServerMemory& memory) override;

  Result<std::vector<OpenFinding>> open_findings() const override;
  Result<std::vector<TaskResult>> unreported_results() const override;
  Result<void> replace_open_findings(const std::vector<OpenFinding>& findings) override;

  Result<LeaseAnswer> acquire_lease(const std::string& name, const std::string& holder, int places, Time now,
                                    Time until) override;
  Result<void> release_lease(const std::string& name, const std::string& holder) override;

  Result<void> prune(Time now, Seconds successes, Seconds failures) override;

 private:
  // Runs `work` in one transaction; nothing of it stays when it fails.
  template <class Work>
  Result<void> change(sqlite::Transaction::Kind kind, Work work) {
    auto transaction = sqlite::Transaction::begin(*database_, kind);
    if (!transaction) return fail(transaction.error());
    if (Result<void> done = work(*database_); !done) return done;
    return transaction->commit();
  }
  // Queries that must agree with each other see one state of the file.
  template <class T, class Work>
  Result<T> view(Work work) const {
    auto transaction = sqlite::Transaction::begin(*database_, sqlite::Transaction::Kind::read);
    if (!transaction) return fail(transaction.error());
    return work(*database_);
  }

  std::unique_ptr<sqlite::Database> database_;
};

}  // namespace maintain
