// Findings that are open, and which results a digest has covered.
#include "store/rows.hpp"
#include "store/sqlite_state.hpp"

namespace maintain {

using sqlite::Database;
using sqlite::Statement;

Result<std::vector<OpenFinding>> SqliteStore::open_findings() const {
  std::vector<OpenFinding> all;
  auto read = database_->query("select server, project, task, state, code, subject, title, detail, action, remind,"
                               " since, reported, run_id from open_findings"
                               " order by server, project, task, code, subject")
                  .each([&](const Statement& row) {
                    all.push_back({read_key(row, 0), read_finding(row, 3), row.get<Time>(10),
                                   row.get<std::optional<Time>>(11), row.get<std::string>(12)});
                  });
  if (!read) return fail(read.error());
  return all;
}

Result<void> SqliteStore::replace_open_findings(const std::vector<OpenFinding>& findings) {
  return change(sqlite::Transaction::Kind::durable, [&](Database& database) -> Result<void> {
    if (auto gone = database.query("delete from open_findings").run(); !gone) return gone;
    for (const OpenFinding& open : findings) {
      auto saved = database.query(
          "insert into open_findings (server, project, task, state, code, subject, title, detail, action, remind,"
          " since, reported, run_id) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          open.key.server, open.key.project, open.key.task, to_string(open.finding.state), open.finding.code,
          open.finding.subject, open.finding.title, open.finding.detail, open.finding.action, open.finding.remind,
          open.since, open.reported, open.run_id).run();
      if (!saved) return saved;
    }
    // "The server was reached, all is well" has done its service; kept, it would be most of the file: one row per
    // server and tick.
    if (auto gone = database.query("delete from results where reported = 0 and task = '' and outcome = 'ok'"
                                   " and not exists (select 1 from findings where result = results.id)"
                                   " and not exists (select 1 from outputs where result = results.id)").run();
        !gone)
      return gone;
    return database.query("update results set reported = 1 where reported = 0").run();
  });
}

}  // namespace maintain
