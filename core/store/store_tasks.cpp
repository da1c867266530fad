// What is remembered of each task.
#include <fmt/format.h>

#include "store/rows.hpp"
#include "store/sqlite_state.hpp"

namespace maintain {
namespace {

using sqlite::Database;
using sqlite::Statement;
using Kind = sqlite::Transaction::Kind;

const std::string select_record =
    fmt::format("select {} from tasks where server = ? and project = ? and task = ?", record_columns);
const std::string select_server_records =
    fmt::format("select project, task, {} from tasks where server = ? order by project, task", record_columns);

std::optional<std::string> outcome_word(const TaskRecord& record) {
  if (!record.last_outcome) return std::nullopt;
  return to_string(*record.last_outcome);
}

}  // namespace

Result<TaskRecord> load_record(Database& database, const TaskKey& key) {
  TaskRecord record;
  auto read = database.query(select_record, key.server, key.project, key.task)
                  .each([&](const Statement& row) { record = read_record(row, 0); });
  if (!read) return fail(read.error());
  return record;
}

Result<void> save_record(Database& database, const TaskKey& key, const TaskRecord& record) {
  return database.query(
      "insert into tasks (server, project, task, last_success, last_attempt, last_outcome, failures_in_a_row, state,"
      " pending_jobs) values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do update set"
      " last_success = excluded.last_success, last_attempt = excluded.last_attempt,"
      " last_outcome = excluded.last_outcome,"
      " failures_in_a_row = excluded.failures_in_a_row, state = excluded.state, pending_jobs = excluded.pending_jobs",
      key.server, key.project, key.task, record.last_success, record.last_attempt, outcome_word(record),
      record.failures_in_a_row, record.state, pending_jobs_column(record.pending_jobs)).run();
}

Result<void> raise_last_success(Database& database, const TaskKey& key, Time at) {
  return database.query("insert into tasks (server, project, task, last_success) values (?, ?, ?, ?)"
                        " on conflict do update set last_success = max(ifnull(last_success, excluded.last_success),"
                        " excluded.last_success)",
                        key.server, key.project, key.task, at).run();
}

Result<std::vector<std::pair<TaskKey, TaskRecord>>> SqliteStore::server_records(const std::string& server) const {
  std::vector<std::pair<TaskKey, TaskRecord>> records;
  auto read = database_->query(select_server_records, server).each([&](const Statement& row) {
    records.emplace_back(TaskKey{server, row.get<std::string>(0), row.get<std::string>(1)}, read_record(row, 2));
  });
  if (!read) return fail(read.error());
  return records;
}

Result<void> SqliteStore::save_task_state(const TaskKey& key, const std::string& json) {
  return change(Kind::durable, [&](Database& database) {
    return database.query("insert into tasks (server, project, task, state) values (?, ?, ?, ?)"
                          " on conflict do update set state = excluded.state",
                          key.server, key.project, key.task, json).run();
  });
}

Result<void> SqliteStore::save_pending_jobs(const TaskKey& key, const std::set<std::string>& names) {
  return change(Kind::durable, [&](Database& database) {
    return database.query("insert into tasks (server, project, task, pending_jobs) values (?, ?, ?, ?)"
                          " on conflict do update set pending_jobs = excluded.pending_jobs",
                          key.server, key.project, key.task, pending_jobs_column(names)).run();
  });
}

}  // namespace maintain
