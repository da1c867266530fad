// The tasks that the servers' configurations declare now.
#include <algorithm>

#include <fmt/format.h>

#include "store/rows.hpp"
#include "store/sqlite_state.hpp"

namespace maintain {
namespace {

using sqlite::Database;
using sqlite::Statement;
using Kind = sqlite::Transaction::Kind;

const std::string select_statuses = fmt::format(
    "select s.server, s.project, s.task, s.type, s.schedule, s.contact, s.next_due, s.max_age, s.severity,"
    " s.first_seen, t.last_run, ifnull(t.last_summary, ''), s.active, s.refusal, {}"
    " from task_statuses s left join tasks t using (server, project, task) ", record_columns);

TaskStatus read_status(const Statement& row) {
  TaskStatus status;
  status.key = read_key(row, 0);
  status.type = row.get<std::string>(3);
  status.schedule = row.get<std::string>(4);
  status.contact = row.get<std::string>(5);
  status.next_due = row.get<std::optional<Time>>(6);
  status.max_age = row.get<std::optional<Seconds>>(7);
  if (const auto severity = row.get<std::optional<std::string>>(8)) status.severity = parse_state(*severity);
  status.first_seen = row.get<Time>(9);
  status.last_run = row.get<std::optional<Time>>(10);
  status.last_summary = row.get<std::string>(11);
  status.active = row.get<bool>(12);
  status.refusal = row.get<std::string>(13);
  status.record = read_record(row, 14);
  return status;
}

bool same_declaration(const TaskStatus& a, const TaskStatus& b) {
  return a.key == b.key && a.type == b.type && a.schedule == b.schedule && a.contact == b.contact &&
         a.next_due == b.next_due && a.active == b.active && a.refusal == b.refusal && a.max_age == b.max_age &&
         a.severity == b.severity;
}

Result<std::vector<TaskStatus>> load(Statement query) {
  std::vector<TaskStatus> all;
  auto read = query.each([&](const Statement& row) { all.push_back(read_status(row)); });
  if (!read) return fail(read.error());
  return all;
}

// A task that failed since then, or was skipped, may have measured nothing: its last success is what is known.
Result<void> load_measured(Database& database, TaskStatus& status) {
  return database
      .query("select name, value, unit, subject from metrics where subject <> '' and result ="
             " (select id from results where server = ? and project = ? and task = ? and mode = 'apply'"
             " and outcome in ('ok', 'changed') order by id desc limit 1) order by rowid",
             status.key.server, status.key.project, status.key.task)
      .each([&](const Statement& row) { status.measured.push_back(read_metric(row, 0)); });
}

}  // namespace

Result<void> SqliteStore::save_task_statuses(const std::string& server, const std::vector<TaskStatus>& statuses,
                                             Time now) {
  const auto before = load(database_->query(select_statuses + "where s.server = ? order by s.project, s.task", server));
  if (!before) return fail(before.error());
  std::vector<TaskStatus> after = statuses;
  std::sort(after.begin(), after.end(), [](const TaskStatus& a, const TaskStatus& b) { return a.key < b.key; });
  // At most ticks nothing has changed, and reading is much cheaper than writing.
  if (std::equal(before->begin(), before->end(), after.begin(), after.end(), same_declaration)) return {};

  return change(Kind::relaxed, [&](Database& database) -> Result<void> {
    if (auto gone = database.query("delete from task_statuses where server = ?", server).run(); !gone) return gone;
    for (TaskStatus& status : after) {
      status.first_seen = now;
      for (const TaskStatus& known : *before)
        if (known.key == status.key) status.first_seen = known.first_seen;
      std::optional<std::string> severity;
      if (status.severity) severity = to_string(*status.severity);
      auto saved = database.query("insert into task_statuses (server, project, task, type, schedule, contact, next_due,"
                                  " active, refusal, max_age, severity, first_seen)"
                                  " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                  server, status.key.project, status.key.task, status.type, status.schedule,
                                  status.contact, status.next_due, status.active, status.refusal, status.max_age,
                                  severity, status.first_seen).run();
      if (!saved) return saved;
    }
    return {};
  });
}

Result<std::vector<TaskStatus>> SqliteStore::task_statuses() const {
  auto all = load(database_->query(select_statuses + "order by s.server, s.project, s.task"));
  if (!all) return all;
  for (TaskStatus& status : *all)
    if (auto read = load_measured(*database_, status); !read) return fail(read.error());
  return all;
}

}  // namespace maintain
