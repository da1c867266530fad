// Forgetting: what is kept how long.
#include "store/rows.hpp"
#include "store/sqlite_state.hpp"

namespace maintain {
namespace {

using sqlite::Database;

// `maintain show` must work for whatever a reminder points to.
constexpr std::string_view delete_results = R"sql(
  delete from results where reported = 1
    and started < case when outcome in ('failed', 'unreachable', 'timed_out', 'crashed') then ? else ? end
    and not exists (select 1 from open_findings o where o.run_id = results.run_id and o.server = results.server))sql";

constexpr std::string_view delete_runs = R"sql(
  delete from runs where started < ? and not exists (select 1 from results where run_id = runs.id))sql";

// Freed pages go back to the file system little by little, so that no run waits for a long vacuum.
constexpr const char* give_back_pages = "pragma incremental_vacuum(2000)";

}  // namespace

Result<void> SqliteStore::prune(Time now, Seconds successes, Seconds failures) {
  auto pruned = change(sqlite::Transaction::Kind::durable, [&](Database& database) -> Result<void> {
    if (auto gone = database.query(delete_results, now - failures, now - successes).run(); !gone) return gone;
    return database.query(delete_runs, now - successes).run();
  });
  if (!pruned) return pruned;
  return database_->query(give_back_pages).run();
}

}  // namespace maintain
