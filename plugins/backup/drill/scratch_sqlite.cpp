// A SQLite database for a drill: a file.
#include <map>

#include "backup/drill/scratch_engine.hpp"

namespace maintain::plugins::backup {
namespace {

class ScratchSqlite final : public ScratchEngine {
 public:
  void require() override { require_programs({"sqlite3"}, "sqlite3"); }

  SqlFacts facts(Scratch& scratch, const Dump& dump, const std::string& path) override {
    return scan_sql(scratch, "sqlite", dump, path);
  }

  ScratchPlan restore(const std::vector<DumpToRestore>& dumps, const std::string&) override {
    ScratchPlan plan;
    for (const DumpToRestore& one : dumps) {
      files_[one.dump.database] = std::string(Scratch::inside) + "/" + std::to_string(files_.size()) + ".db";
      plan.steps.push_back({.what = "restoring " + one.dump.database,
                            .program = {client(one.dump.database), true},
                            .input_file = one.path,
                            .unzip = one.dump.form == DumpForm::gzip});
    }
    return plan;
  }

  ScratchStep ask(const std::string& database, const std::string& statement) override {
    std::vector<std::string> argv = client(database);
    argv.push_back(statement);
    return {.what = "asking " + database, .program = {std::move(argv), true}, .question = true};
  }

  ScratchStep count_tables(const std::string& database) override {
    return ask(database, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' "
                         "ESCAPE '\\'");
  }

 private:
  // safe: a dump may hold neither commands of the client (".shell") nor functions that reach files. SQLite works with
  // the real path of its file, hence `searches`.
  std::vector<std::string> client(const std::string& database) const {
    return {"sqlite3",   "-batch",     "-bail", "-safe",           "-init", "/dev/null",
            "-noheader", "-separator", "\t",    files_.at(database)};
  }

  std::map<std::string, std::string> files_;  // database -> its file in the scratch
};

}  // namespace

std::unique_ptr<ScratchEngine> make_scratch_sqlite() { return std::make_unique<ScratchSqlite>(); }

}  // namespace maintain::plugins::backup
