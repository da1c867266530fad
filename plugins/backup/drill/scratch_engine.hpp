// How a database is restored into a scratch, and asked there: for each engine the steps of it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backup/copies/copy_content.hpp"
#include "backup/drill/scratch.hpp"
#include "backup/drill/sql_scan.hpp"
#include "backup/restore/sql_text.hpp"

namespace maintain::plugins::backup {

struct DumpToRestore {
  Dump dump;
  std::string path;
  SqlFacts facts;
};

class ScratchEngine {
 public:
  virtual ~ScratchEngine() = default;

  // Debian's name of what is needed here, for people who miss it. Throws DrillImpossible.
  virtual void require() = 0;

  // What the dump says of itself.
  virtual SqlFacts facts(Scratch& scratch, const Dump& dump, const std::string& path) = 0;

  // Starts it and restores all of them. globals: path of the file with the roles. Throws DrillImpossible.
  virtual ScratchPlan restore(const std::vector<DumpToRestore>& dumps, const std::string& globals) = 0;

  // A question in SQL, answered as the engine's own client prints it: one line per row, values with tabs between.
  virtual ScratchStep ask(const std::string& database, const std::string& statement) = 0;

  // A question: how many tables the database has, those of extensions not counted.
  virtual ScratchStep count_tables(const std::string& database) = 0;
};

// engine: of the copy. Null: there is none for it.
std::unique_ptr<ScratchEngine> make_scratch_engine(const std::string& engine);

std::unique_ptr<ScratchEngine> make_scratch_postgresql();
std::unique_ptr<ScratchEngine> make_scratch_mariadb();
std::unique_ptr<ScratchEngine> make_scratch_sqlite();

// Reads a dump's SQL, compressed or not, through the scanner.
SqlFacts scan_sql(Scratch& scratch, const std::string& engine, const Dump& dump, const std::string& path);

}  // namespace maintain::plugins::backup
