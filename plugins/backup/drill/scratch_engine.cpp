#include "backup/drill/scratch_engine.hpp"

namespace maintain::plugins::backup {

std::unique_ptr<ScratchEngine> make_scratch_engine(const std::string& engine) {
  if (engine == "postgresql") return make_scratch_postgresql();
  // MySQL's dumps are restored into MariaDB: Debian has no other server, and what they share is what dumps use.
  if (engine == "mariadb" || engine == "mysql") return make_scratch_mariadb();
  if (engine == "sqlite") return make_scratch_sqlite();
  return nullptr;
}

SqlFacts scan_sql(Scratch& scratch, const std::string& engine, const Dump& dump, const std::string& path) {
  SqlScan scan(engine);
  scratch.read({.what = "reading " + dump.file,
                .program = {{"cat"}},
                .input_file = path,
                .unzip = dump.form == DumpForm::gzip},
               [&](std::string_view bytes) { scan.take(bytes); });
  return scan.finish();
}

}  // namespace maintain::plugins::backup
