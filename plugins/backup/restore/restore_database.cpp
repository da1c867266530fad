#include "backup/restore/restore_database.hpp"

namespace maintain::plugins::backup {
namespace {

struct Engine {
  bool (*exists)(sdk::Context&, const DatabaseRestore&);
  std::string (*restore)(sdk::Context&, const DatabaseRestore&);
};

Engine engine_of(const DatabaseRestore& restore) {
  if (restore.engine == "postgresql") return {postgresql_exists, restore_postgresql};
  if (restore.engine == "mariadb" || restore.engine == "mysql") return {mariadb_exists, restore_mariadb};
  if (restore.engine == "sqlite") return {sqlite_exists, restore_sqlite};
  throw sdk::Failure(MAINTAIN_FAILED, "a copy made by the engine '" + restore.engine +
                                          "' cannot be restored into a database: restore it to a directory");
}

}  // namespace

bool database_exists(sdk::Context& context, const DatabaseRestore& restore) {
  return engine_of(restore).exists(context, restore);
}

std::string restore_database(sdk::Context& context, const DatabaseRestore& restore) {
  const Engine engine = engine_of(restore);
  if (!restore.replace && engine.exists(context, restore))
    throw sdk::Failure(MAINTAIN_REFUSED, "there is a database " + restore.name + " on " + context.server() +
                                             ": give another name, or --replace to lose what is in it");
  return engine.restore(context, restore);
}

std::string restoring_name(const std::string& copy) {
  std::string name = "maintain_restoring_";
  for (const char c : copy) name += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c == '-' ? '_' : c;
  return name;
}

}  // namespace maintain::plugins::backup
