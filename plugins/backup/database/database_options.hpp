// The options of backup.database, as they were meant.
#pragma once

#include <string>
#include <vector>

#include <maintain/plugin.hpp>

namespace maintain::plugins::backup {

enum class EngineKind { postgresql, mariadb, mysql, sqlite, command };

struct DatabaseOptions {
  EngineKind engine = EngineKind::postgresql;
  std::string engine_word;             // as it is written
  bool all = false;                    // every database that the server has
  std::vector<std::string> databases;  // else these; of SQLite paths; of `command` none
  bool plain = false;                  // PostgreSQL: compressed SQL instead of the custom format
  std::string user;                    // who dumps; empty: the connection's user
  std::string defaults_file;
  std::vector<std::string> argv;       // of `command`: these words, or
  std::string script;                  // this text
  std::string trailer;
  bool allow_empty = false;
  std::vector<std::string> exclude_table_data;
};

// Throws sdk::InvalidOption for what the schema cannot say.
DatabaseOptions database_options(const sdk::Json& options);

}  // namespace maintain::plugins::backup
