// What is remembered of each server: contact, and the configurations last fetched from it.
#include <algorithm>

#include "store/rows.hpp"
#include "store/sqlite_state.hpp"

namespace maintain {
namespace {

using sqlite::Database;
using sqlite::Statement;
using Kind = sqlite::Transaction::Kind;

Result<std::vector<CachedConfig>> load_configs(Database& database, const std::string& server) {
  std::vector<CachedConfig> configs;
  auto read = database.query("select path, content, last_good from server_configs where server = ? order by position",
                             server)
                  .each([&](const Statement& row) {
                    configs.push_back({row.get<std::string>(0), row.get<std::string>(1),
                                       row.get<std::optional<std::string>>(2)});
                  });
  if (!read) return fail(read.error());
  return configs;
}

bool same(const std::vector<CachedConfig>& a, const std::vector<CachedConfig>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const CachedConfig& x, const CachedConfig& y) {
    return x.path == y.path && x.text == y.text && x.last_good == y.last_good;
  });
}

Result<void> replace_configs(Database& database, const std::string& server, const std::vector<CachedConfig>& configs) {
  if (auto gone = database.query("delete from server_configs where server = ?", server).run(); !gone) return gone;
  int position = 0;
  for (const CachedConfig& config : configs)
    if (auto saved = database.query("insert into server_configs (server, position, path, content, last_good)"
                                    " values (?, ?, ?, ?, ?)",
                                    server, position++, config.path, config.text, config.last_good).run();
        !saved)
      return saved;
  return {};
}

}  // namespace

Result<ServerMemory> SqliteStore::server_memory(const std::string& server) const {
  return view<ServerMemory>([&](Database& database) -> Result<ServerMemory> {
    ServerMemory memory;
    auto read = database.query("select last_contact, unreachable_since, configs_fetched from servers where name = ?",
                               server)
                    .each([&](const Statement& row) {
                      memory.last_contact = row.get<std::optional<Time>>(0);
                      memory.unreachable_since = row.get<std::optional<Time>>(1);
                      memory.configs_fetched = row.get<std::optional<Time>>(2);
                    });
    if (!read) return fail(read.error());
    auto configs = load_configs(database, server);
    if (!configs) return fail(configs.error());
    memory.configs = std::move(*configs);
    return memory;
  });
}

Result<void> SqliteStore::save_server_memory(const std::string& server, const ServerMemory& memory) {
  return change(Kind::relaxed, [&](Database& database) -> Result<void> {
    auto saved = database.query("insert into servers (name, last_contact, unreachable_since, configs_fetched)"
                                " values (?, ?, ?, ?) on conflict do update set last_contact = excluded.last_contact,"
                                " unreachable_since = excluded.unreachable_since,"
                                " configs_fetched = excluded.configs_fetched",
                                server, memory.last_contact, memory.unreachable_since, memory.configs_fetched).run();
    if (!saved) return saved;
    const auto before = load_configs(database, server);
    if (!before) return fail(before.error());
    if (same(*before, memory.configs)) return {};  // the usual tick: rewriting 256 KiB each would be waste
    return replace_configs(database, server, memory.configs);
  });
}

}  // namespace maintain
