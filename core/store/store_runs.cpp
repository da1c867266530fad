// Runs, their results, and the output of tasks.
#include <limits>

#include <fmt/format.h>

#include "model/names.hpp"
#include "store/output_codec.hpp"
#include "store/rows.hpp"
#include "store/sqlite_state.hpp"
#include "store/task_record.hpp"

namespace maintain {
namespace {

using sqlite::Database;
using sqlite::Statement;
using Kind = sqlite::Transaction::Kind;

const std::string select_results = fmt::format("select {} from results ", result_columns);

// What a run is told to have come to. An `ok` about a server says nothing worth counting.
constexpr std::string_view select_summaries = R"sql(
  select r.id, r.mode, r.started, r.finished,
         count(*) filter (where x.outcome = 'ok'), count(*) filter (where x.outcome = 'changed'),
         count(*) filter (where x.outcome = 'skipped'),
         count(*) filter (where x.outcome in ('failed', 'crashed', 'timed_out')),
         count(*) filter (where x.outcome = 'unreachable'), count(*) filter (where x.outcome = 'cancelled')
  from (select * from runs order by started desc, id desc limit ?) r
  left join results x on x.run_id = r.id and (x.task <> '' or x.outcome <> 'ok')
  group by r.id order by r.started desc, r.id desc)sql";

RunSummary read_summary(const Statement& row) {
  RunSummary summary;
  summary.id = row.get<std::string>(0);
  summary.mode = parse_mode(row.get<std::string>(1)).value_or(Mode::apply);
  summary.started = row.get<Time>(2);
  summary.finished = row.get<std::optional<Time>>(3);
  int column = 4;
  for (int* count : {&summary.ok, &summary.changed, &summary.skipped, &summary.failed, &summary.unreachable,
                     &summary.cancelled})
    *count = row.get<int>(column++);
  return summary;
}

Result<void> add_result(Database& database, const TaskCommit& commit) {
  const TaskResult& result = commit.result;
  const bool reported = commit.mode == Mode::check;  // a dry run is told by whoever started it
  auto added = database.query(
      "insert into results (run_id, mode, server, project, task, type, outcome, summary, started, finished, reported)"
      " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      commit.run_id, to_string(commit.mode), result.server, result.project, result.task, result.type,
      to_string(result.outcome), result.summary, result.started, result.finished, reported).run();
  if (!added) return added;
  const std::int64_t id = database.last_insert_rowid();
  for (const Finding& finding : result.findings)
    if (auto done = database.query("insert into findings values (?, ?, ?, ?, ?, ?, ?, ?)", id, to_string(finding.state),
                                   finding.code, finding.subject, finding.title, finding.detail, finding.action,
                                   finding.remind).run();
        !done)
      return done;
  for (const Metric& metric : result.metrics)
    if (auto done = database.query("insert into metrics values (?, ?, ?, ?, ?)", id, metric.name, metric.value,
                                   metric.unit, metric.subject).run();
        !done)
      return done;
  if (commit.output.empty()) return {};
  const std::string packed = compress(commit.output);
  return database.query("insert into outputs values (?, ?)", id, sqlite::Blob{packed}).run();
}

Result<void> update_record(Database& database, const TaskCommit& commit) {
  const TaskKey key{commit.result.server, commit.result.project, commit.result.task};
  const auto before = load_record(database, key);
  if (!before) return fail(before.error());
  if (auto saved = save_record(database, key, record_after(*before, commit)); !saved) return saved;
  return database.query("update tasks set last_run = ?, last_summary = ? where server = ? and project = ? and task = ?",
                        commit.result.started, commit.result.summary, key.server, key.project, key.task).run();
}

// A beginning of an id stands for the run when no other run shares it. Compared as a range, so that nothing in it is
// a wildcard.
Result<std::string> full_id(Database& database, const std::string& beginning) {
  std::vector<std::string> found;
  auto searched = database.query("select id from runs where id >= ?1 and id < ?1 || x'f48fbfbf' order by id limit 2",
                                 beginning)
                      .each([&](const Statement& row) { found.push_back(row.get<std::string>(0)); });
  if (!searched) return fail(searched.error());
  if (found.empty() || beginning.empty())
    return fail(ErrorKind::not_found, fmt::format("there is no run '{}'", beginning), "`maintain history` lists them");
  if (found.size() > 1 && found.front() != beginning)
    return fail(ErrorKind::not_found, fmt::format("several runs begin with '{}'", beginning), "write more of the id");
  return found.front();
}

}  // namespace

Result<std::vector<TaskResult>> load_results(Database& database, Statement results) {
  std::vector<TaskResult> all;
  std::vector<std::int64_t> ids;
  auto read = results.each([&](const Statement& row) {
    TaskResult result;
    ids.push_back(row.get<std::int64_t>(0));
    result.run_id = row.get<std::string>(1);
    result.mode = parse_mode(row.get<std::string>(2)).value_or(Mode::apply);
    const TaskKey key = read_key(row, 3);
    result.server = key.server;
    result.project = key.project;
    result.task = key.task;
    result.type = row.get<std::string>(6);
    result.outcome = parse_outcome(row.get<std::string>(7)).value_or(Outcome::failed);
    result.summary = row.get<std::string>(8);
    result.started = row.get<Time>(9);
    result.finished = row.get<Time>(10);
    all.push_back(std::move(result));
  });
  if (!read) return fail(read.error());
  for (std::size_t i = 0; i < all.size(); ++i) {
    read = database.query("select state, code, subject, title, detail, action, remind from findings where result = ?"
                          " order by rowid", ids[i])
               .each([&](const Statement& row) { all[i].findings.push_back(read_finding(row, 0)); });
    if (!read) return fail(read.error());
    read = database.query("select name, value, unit, subject from metrics where result = ? order by rowid", ids[i])
               .each([&](const Statement& row) { all[i].metrics.push_back(read_metric(row, 0)); });
    if (!read) return fail(read.error());
  }
  return all;
}

Result<void> SqliteStore::begin_run(const Run& run) {
  return change(Kind::durable, [&](Database& database) {
    return database.query("insert into runs (id, mode, started) values (?, ?, ?)", run.id, to_string(run.mode),
                          run.started).run();
  });
}

Result<void> SqliteStore::commit_task(const TaskCommit& commit) {
  const bool about_task = !commit.result.task.empty();
  const bool nothing_to_tell = !about_task && commit.result.outcome == Outcome::ok && commit.result.findings.empty();
  return change(nothing_to_tell ? Kind::relaxed : Kind::durable, [&](Database& database) -> Result<void> {
    if (auto added = add_result(database, commit); !added) return added;
    if (about_task && commit.mode == Mode::apply) return update_record(database, commit);
    return {};
  });
}

Result<void> SqliteStore::finish_run(const std::string& run_id, Time finished) {
  return change(Kind::durable, [&](Database& database) -> Result<void> {
    auto done = database.query("update runs set finished = ? where id = ?", finished, run_id).run();
    if (done && database.changes() == 0)
      return fail(ErrorKind::not_found, fmt::format("there is no run '{}'", run_id));
    return done;
  });
}

Result<std::vector<RunSummary>> SqliteStore::runs(int limit) const {
  std::vector<RunSummary> all;
  auto read = database_->query(select_summaries, limit).each([&](const Statement& row) {
    all.push_back(read_summary(row));
  });
  if (!read) return fail(read.error());
  return all;
}

Result<Run> SqliteStore::run(const std::string& run_id) const {
  return view<Run>([&](Database& database) -> Result<Run> {
    const auto id = full_id(database, run_id);
    if (!id) return fail(id.error());
    Run run;
    run.id = *id;
    auto read = database.query("select mode, started, finished from runs where id = ?", *id)
                    .each([&](const Statement& row) {
                      run.mode = parse_mode(row.get<std::string>(0)).value_or(Mode::apply);
                      run.started = row.get<Time>(1);
                      run.finished = row.get<std::optional<Time>>(2);
                    });
    if (!read) return fail(read.error());
    auto results = load_results(database, database.query(select_results + "where run_id = ? order by id", *id));
    if (!results) return fail(results.error());
    run.results = std::move(*results);
    return run;
  });
}

// A key can have several results in one run (a server lost and found again): the last that wrote something counts.
Result<std::string> SqliteStore::task_output(const std::string& run_id, const TaskKey& key) const {
  Statement found = database_->query(
      "select zstd from results left join outputs on outputs.result = results.id"
      " where run_id = ? and server = ? and project = ? and task = ? order by zstd is null, id desc limit 1",
      run_id, key.server, key.project, key.task);
  const auto row = found.step();
  if (!row) return fail(row.error());
  if (!*row)
    return fail(ErrorKind::not_found, fmt::format("{} did not run in {}", to_string(key), run_id),
                fmt::format("`maintain show {}` lists what did", run_id));
  const auto packed = found.get<std::optional<std::string>>(0);
  if (!packed) return std::string{};
  constexpr std::size_t sane = 1024UL * 1024 * 1024;  // whatever output_limit was when it was written
  return decompress(*packed, sane);
}

Result<std::vector<TaskResult>> SqliteStore::history(const TaskKey& filter, int limit) const {
  return view<std::vector<TaskResult>>([&](Database& database) {
    return load_results(database, database.query(select_results +
        "where (?1 = '' or server = ?1) and (?2 = '' or project = ?2) and (?3 = '' or task = ?3)"
        " order by id desc limit ?4", filter.server, filter.project, filter.task, limit));
  });
}

Result<std::vector<TaskResult>> SqliteStore::unreported_results() const {
  return view<std::vector<TaskResult>>([&](Database& database) {
    return load_results(database, database.query(select_results + "where reported = 0 order by id"));
  });
}

}  // namespace maintain
