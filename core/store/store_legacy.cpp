// Marks of the earlier bot that wait for their server's configuration.
#include "store/import_legacy.hpp"
#include "store/rows.hpp"
#include "store/sqlite_state.hpp"

namespace maintain {
namespace {

using sqlite::Database;
using sqlite::Statement;
using Kind = sqlite::Transaction::Kind;

LegacyMark read_mark(const Statement& row) {
  return {row.get<std::string>(0), row.get<std::string>(1), row.get<Time>(2)};
}

}  // namespace

Result<void> SqliteStore::save_legacy_marks(const std::vector<LegacyMark>& marks) {
  return change(Kind::durable, [&](Database& database) -> Result<void> {
    for (const LegacyMark& mark : marks)
      if (auto saved = database.query("insert into legacy_marks values (?, ?, ?)"
                                      " on conflict do update set at = max(at, excluded.at)",
                                      mark.server, mark.status_key, mark.at).run();
          !saved)
        return saved;
    return {};
  });
}

Result<std::vector<LegacyMark>> SqliteStore::legacy_marks() const {
  std::vector<LegacyMark> marks;
  auto read = database_->query("select server, status_key, at from legacy_marks order by server, status_key")
                  .each([&](const Statement& row) { marks.push_back(read_mark(row)); });
  if (!read) return fail(read.error());
  return marks;
}

Result<std::vector<TaskKey>> SqliteStore::claim_legacy_marks(const std::string& server,
                                                             const std::vector<Project>& projects) {
  std::vector<LegacyMark> waiting;
  auto read = database_->query("select server, status_key, at from legacy_marks where server = ?", server)
                  .each([&](const Statement& row) { waiting.push_back(read_mark(row)); });
  if (!read) return fail(read.error());
  const auto matches = match_legacy_marks(waiting, server, projects);
  if (matches.empty()) return std::vector<TaskKey>{};

  std::vector<TaskKey> claimed;
  auto changed = change(Kind::durable, [&](Database& database) -> Result<void> {
    for (const auto& [key, mark] : matches) {
      if (auto raised = raise_last_success(database, key, mark.at); !raised) return raised;
      if (auto gone = database.query("delete from legacy_marks where server = ? and status_key = ?", mark.server,
                                     mark.status_key).run();
          !gone)
        return gone;
      claimed.push_back(key);
    }
    return {};
  });
  if (!changed) return fail(changed.error());
  return claimed;
}

}  // namespace maintain
