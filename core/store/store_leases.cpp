// Named locks with places, leased so that no holder's death can keep them (maintain.lock/1).
#include <algorithm>

#include "store/rows.hpp"
#include "store/sqlite_state.hpp"

namespace maintain {
namespace {

using sqlite::Database;
using sqlite::Statement;
using Kind = sqlite::Transaction::Kind;

Lease read_lease(const Statement& row) {
  return {row.get<std::string>(0), row.get<std::string>(1), row.get<Time>(2)};
}

Result<std::vector<Lease>> holders_of(Database& database, const std::string& name) {
  std::vector<Lease> holders;
  auto read = database.query("select name, holder, until from leases where name = ? order by holder", name)
                  .each([&](const Statement& row) { holders.push_back(read_lease(row)); });
  if (!read) return fail(read.error());
  return holders;
}

}  // namespace

Result<LeaseAnswer> SqliteStore::acquire_lease(const std::string& name, const std::string& holder, int places, Time now,
                                               Time until) {
  LeaseAnswer answer;
  auto changed = change(Kind::durable, [&](Database& database) -> Result<void> {
    if (auto gone = database.query("delete from leases where until <= ?", now).run(); !gone) return gone;
    const auto before = holders_of(database, name);
    if (!before) return fail(before.error());
    const bool is_holder = std::any_of(before->begin(), before->end(),
                                       [&](const Lease& l) { return l.holder == holder; });
    answer.acquired = is_holder || std::ssize(*before) < places;
    if (answer.acquired) {
      auto saved = database.query("insert into leases values (?, ?, ?)"
                                  " on conflict do update set until = excluded.until", name, holder, until).run();
      if (!saved) return saved;
    }
    auto after = holders_of(database, name);
    if (!after) return fail(after.error());
    answer.holders = std::move(*after);
    return {};
  });
  if (!changed) return fail(changed.error());
  return answer;
}

Result<void> SqliteStore::release_lease(const std::string& name, const std::string& holder) {
  return change(Kind::durable, [&](Database& database) {
    return database.query("delete from leases where name = ? and holder = ?", name, holder).run();
  });
}

}  // namespace maintain
