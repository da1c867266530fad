#include "store/schema.hpp"

#include <array>

#include <fmt/format.h>

namespace maintain {
namespace {

// Moments are whole seconds since 1970 UTC. `project` and `task` may be empty but never NULL: they are parts of keys.
constexpr std::string_view version_1 = R"sql(
create table runs (
  id text primary key,
  mode text not null,
  started integer not null,
  finished integer                           -- null: still running, or killed
) without rowid;
create index runs_by_start on runs (started);

create table results (
  id integer primary key,                    -- order of commit
  run_id text not null references runs (id) on delete cascade,
  mode text not null,
  server text not null, project text not null, task text not null,
  type text not null,
  outcome text not null,
  summary text not null,
  started integer not null,
  finished integer not null,
  reported integer not null                  -- a digest has covered it
);
create index results_by_run on results (run_id);
create index results_by_task on results (server, project, task, id);
create index results_by_start on results (started);
create index results_unreported on results (id) where reported = 0;

create table findings (
  result integer not null references results (id) on delete cascade,
  state text not null, code text not null, subject text not null,
  title text not null, detail text not null, action text not null
);
create index findings_by_result on findings (result);

create table metrics (
  result integer not null references results (id) on delete cascade,
  name text not null, value real, unit text not null   -- value null: not a number
);
create index metrics_by_result on metrics (result);

create table outputs (
  result integer primary key references results (id) on delete cascade,
  zstd blob not null
);

create table tasks (
  server text not null, project text not null, task text not null,
  last_success integer, last_attempt integer, last_outcome text,
  failures_in_a_row integer not null default 0,
  state text not null default '',
  pending_jobs text not null default '',     -- names, with spaces
  last_run integer, last_summary text not null default '',
  primary key (server, project, task)
) without rowid;

create table task_statuses (
  server text not null, project text not null, task text not null,
  type text not null, schedule text not null, contact text not null,
  next_due integer, active integer not null, max_age integer, severity text,
  first_seen integer not null,
  primary key (server, project, task)
) without rowid;

create table servers (
  name text primary key,
  last_contact integer, unreachable_since integer, configs_fetched integer
) without rowid;

create table server_configs (
  server text not null references servers (name) on delete cascade,
  position integer not null,
  path text not null, content text not null, last_good text,
  primary key (server, position)
) without rowid;

create table open_findings (
  server text not null, project text not null, task text not null, code text not null, subject text not null,
  state text not null, title text not null, detail text not null, action text not null,
  since integer not null, reported integer,
  run_id text not null,                      -- no reference: a stale task was observed by no run
  primary key (server, project, task, code, subject)
) without rowid;

create table leases (
  name text not null, holder text not null, until integer not null,
  primary key (name, holder)
) without rowid;

create table legacy_marks (
  server text not null, status_key text not null, at integer not null,
  primary key (server, status_key)
) without rowid;
)sql";

constexpr std::string_view version_2 = R"sql(
alter table task_statuses add column refusal text not null default '';  -- why it is not allowed
)sql";

constexpr std::string_view version_3 = R"sql(
alter table metrics add column subject text not null default '';
alter table findings add column remind integer not null default 0;       -- seconds; 0: as the settings say
alter table open_findings add column remind integer not null default 0;
)sql";

constexpr std::array<std::string_view, 3> migrations_list{version_1, version_2, version_3};

Result<void> refuse_foreign(sqlite::Database& database) {
  const auto id = database.number("pragma application_id");
  if (!id) return fail(id.error());
  const auto tables = database.number("select count(*) from sqlite_schema");
  if (!tables) return fail(tables.error());
  if (*tables > 0 && *id != store_application_id)
    return fail(ErrorKind::refused, "the file is a database of another program",
                "set state_directory in maintain.yml to a directory of its own");
  return {};
}

Error too_new(std::int64_t found, std::size_t known) {
  return {ErrorKind::refused,
          fmt::format("the state store has schema version {}, this maintain knows versions up to {}", found, known),
          "install the newer maintain that wrote it", {}};
}

}  // namespace

std::span<const std::string_view> store_migrations() { return migrations_list; }

Result<void> migrate(sqlite::Database& database, std::span<const std::string_view> migrations) {
  if (auto ours = refuse_foreign(database); !ours) return ours;
  // The version is read inside the transaction: another process may be migrating too.
  auto transaction = sqlite::Transaction::begin(database, sqlite::Transaction::Kind::durable);
  if (!transaction) return fail(transaction.error());
  const auto version = database.number("pragma user_version");
  if (!version) return fail(version.error());
  if (*version < 0 || static_cast<std::size_t>(*version) > migrations.size())
    return fail(too_new(*version, migrations.size()));
  const auto missing = migrations.subspan(static_cast<std::size_t>(*version));
  for (const std::string_view migration : missing)
    if (auto applied = database.execute(std::string(migration)); !applied) return applied;
  if (!missing.empty()) {
    const auto stamp = fmt::format("pragma application_id={}; pragma user_version={}", store_application_id,
                                   migrations.size());
    if (auto stamped = database.execute(stamp); !stamped) return stamped;
  }
  return transaction->commit();
}

Result<void> check_version(sqlite::Database& database, std::span<const std::string_view> migrations) {
  if (auto ours = refuse_foreign(database); !ours) return ours;
  const auto version = database.number("pragma user_version");
  if (!version) return fail(version.error());
  if (static_cast<std::size_t>(*version) > migrations.size()) return fail(too_new(*version, migrations.size()));
  if (static_cast<std::size_t>(*version) < migrations.size())
    return fail(ErrorKind::refused,
                fmt::format("the state store has schema version {}, this maintain needs {}", *version,
                            migrations.size()),
                "run `maintain run` once, it brings the store up to date");
  return {};
}

}  // namespace maintain
