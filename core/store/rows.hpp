// Columns <-> model, where more than one file of the store needs the same.
#pragma once

#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "model/names.hpp"
#include "model/plan.hpp"
#include "model/run.hpp"
#include "store/sqlite.hpp"

namespace maintain {

// server, project, task from three columns.
inline TaskKey read_key(const sqlite::Statement& row, int first) {
  return {row.get<std::string>(first), row.get<std::string>(first + 1), row.get<std::string>(first + 2)};
}

// Seven columns: state, code, subject, title, detail, action, remind. A word that only a damaged file can hold reads as
// unknown.
inline Finding read_finding(const sqlite::Statement& row, int first) {
  Finding finding;
  finding.state = parse_state(row.get<std::string>(first)).value_or(State::unknown);
  finding.code = row.get<std::string>(first + 1);
  finding.subject = row.get<std::string>(first + 2);
  finding.title = row.get<std::string>(first + 3);
  finding.detail = row.get<std::string>(first + 4);
  finding.action = row.get<std::string>(first + 5);
  finding.remind = row.get<Seconds>(first + 6);
  return finding;
}

// Columns name, value, unit, subject.
inline Metric read_metric(const sqlite::Statement& row, int first) {
  const auto value = row.get<std::optional<double>>(first + 1);
  return {row.get<std::string>(first), value.value_or(std::numeric_limits<double>::quiet_NaN()),
          row.get<std::string>(first + 2), row.get<std::string>(first + 3)};
}

inline constexpr std::string_view record_columns =
    "last_success, last_attempt, last_outcome, failures_in_a_row, state, pending_jobs";

// Names have no spaces.
inline std::string pending_jobs_column(const std::set<std::string>& names) {
  return join({names.begin(), names.end()}, " ");
}

inline TaskRecord read_record(const sqlite::Statement& row, int first) {
  TaskRecord record;
  record.last_success = row.get<std::optional<Time>>(first);
  record.last_attempt = row.get<std::optional<Time>>(first + 1);
  if (const auto outcome = row.get<std::optional<std::string>>(first + 2))
    record.last_outcome = parse_outcome(*outcome);
  record.failures_in_a_row = row.get<int>(first + 3);
  record.state = row.get<std::string>(first + 4);
  for (std::string& name : split_words(row.get<std::string>(first + 5))) record.pending_jobs.insert(std::move(name));
  return record;
}

Result<TaskRecord> load_record(sqlite::Database& database, const TaskKey& key);  // a default one when there is none
Result<void> save_record(sqlite::Database& database, const TaskKey& key, const TaskRecord& record);

Result<void> raise_last_success(sqlite::Database& database, const TaskKey& key, Time at);  // never back

// Results with findings and metrics, for "select <result_columns> from results ..." in its order.
inline constexpr std::string_view result_columns =
    "id, run_id, mode, server, project, task, type, outcome, summary, started, finished";
Result<std::vector<TaskResult>> load_results(sqlite::Database& database, sqlite::Statement results);

}  // namespace maintain
