// A dump restored into a database of the server that it came from. It is restored beside whatever is there, under a
// name of its own, and takes its place only when all of it has arrived.
#pragma once

#include <cstdint>
#include <string>

#include <maintain/plugin.hpp>

#include "backup/copies/copy_content.hpp"

namespace maintain::plugins::backup {

struct DatabaseRestore {
  std::string engine;
  Dump dump;
  std::string path;       // of the dump, here
  std::string copy;       // its copy's id
  std::string name;       // the database to be made; of SQLite the absolute path of its file
  bool replace = false;   // also when it is there
  sdk::Json options;      // of the task that made the copy: user, defaults_file
};

// Throws sdk::Failure; the database that was there is then as it was. Returns what is to be known besides, or "".
std::string restore_database(sdk::Context& context, const DatabaseRestore& restore);

// Whether there is one of that name now. Read-only.
bool database_exists(sdk::Context& context, const DatabaseRestore& restore);

// "maintain_restoring_20261129t010203z": the same for each attempt, so that a later one clears up after a killed one.
std::string restoring_name(const std::string& copy);

bool postgresql_exists(sdk::Context& context, const DatabaseRestore& restore);
std::string restore_postgresql(sdk::Context& context, const DatabaseRestore& restore);
bool mariadb_exists(sdk::Context& context, const DatabaseRestore& restore);
std::string restore_mariadb(sdk::Context& context, const DatabaseRestore& restore);
bool sqlite_exists(sdk::Context& context, const DatabaseRestore& restore);
std::string restore_sqlite(sdk::Context& context, const DatabaseRestore& restore);

}  // namespace maintain::plugins::backup
