// A dump of SQLite, loaded into a database here to see that it can be, and thrown away.
#pragma once

#include <cstdint>
#include <string>

#include <maintain/plugin.hpp>

#include "backup/database/database_engine.hpp"

namespace maintain::plugins::backup {

struct SqliteLoad {
  std::string problem = {};    // it cannot be loaded, or what comes of it is damaged
  Unproven impossible = {};    // why empty: it was tried
  std::uint64_t tables = 0;
};

// dump: a file here. The database is made in the task's directory and may take half of what is free there.
SqliteLoad load_sqlite(sdk::Context& context, const std::string& dump);

}  // namespace maintain::plugins::backup
