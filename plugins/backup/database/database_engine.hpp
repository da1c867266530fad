// What the engines of backup.database have in common: they look at what there is, and say which commands dump it and
// how a whole dump is told from half of one. They run nothing but questions; the dumping is dump_stream.hpp's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <maintain/plugin.hpp>

#include "backup/database/database_options.hpp"
#include "backup/database/dump_check.hpp"
#include "backup/database/pg_archive.hpp"

namespace maintain::plugins::backup {

struct FoundDatabase {
  std::string name;
  std::optional<std::uint64_t> bytes = {};  // as the server counts; not asked for, or not to be had: none
};

struct Survey {
  std::vector<FoundDatabase> databases;    // those to be dumped
  sdk::Json tools = sdk::Json::object();   // program -> version
  std::vector<std::string> damaged = {};   // told already; no copy can be made
};

struct DatabaseDump {
  std::string database;          // as the manifest and findings name it
  std::string title;             // "the dump of orders"
  std::string file;              // in the copy
  sdk::Command command;          // prints the dump
  DumpRule rule;
  std::string legacy_name = {};  // the earlier bot's name for it; empty: none
  std::optional<std::uint64_t> expected_bytes = {};
  std::shared_ptr<PgArchive> archive = {};  // is shown the bytes as they pass; null: the dump is none
};

// Another look at a dump that ended as it should, now that it is a file here.
struct DumpProof {
  std::string how;                           // "pg_restore"; empty: it is not proven
  std::string detail = {};
  std::string problem = {};                  // it is no whole dump, and why
  sdk::Json facts = sdk::Json::object();     // for the manifest
};

class DatabaseEngine {
 public:
  virtual ~DatabaseEngine() = default;
  virtual std::string title() const = 0;   // "PostgreSQL"
  virtual std::string format() const = 0;  // of the dumps, for the manifest

  // Asks the server; changes nothing. thorough: what only a real run needs; else sizes, which may take long to count.
  // Throws sdk::Failure: the server is down, a tool or a database is missing.
  virtual Survey survey(sdk::Context& context, bool thorough) = 0;
  virtual std::vector<DatabaseDump> dumps(const Survey& survey) const = 0;
  virtual DumpProof prove(sdk::Context& context, const DatabaseDump& dump, const std::string& path) = 0;
};

std::unique_ptr<DatabaseEngine> make_database_engine(const DatabaseOptions& options);
std::unique_ptr<DatabaseEngine> make_postgresql_engine(const DatabaseOptions& options);
std::unique_ptr<DatabaseEngine> make_mariadb_engine(const DatabaseOptions& options);
std::unique_ptr<DatabaseEngine> make_sqlite_engine(const DatabaseOptions& options);
std::unique_ptr<DatabaseEngine> make_command_engine(const DatabaseOptions& options);

// ---- for the engines

// What is asked before a dump is answered from memory, or not at all.
constexpr sdk::Milliseconds longest_question = std::chrono::minutes(10);

// The first of these programs that the user has on the server, and what it says of its version. Throws sdk::Failure
// that names the Debian package.
std::pair<std::string, std::string> find_tool(sdk::Context& context, const std::vector<std::string>& names,
                                              const std::string& user, const std::string& package);

// Lines of "hexadecimal name<tab>bytes", where the bytes may be missing. Throws sdk::Failure for anything else.
std::vector<FoundDatabase> parse_databases(std::string_view text);

// Those that are wanted. Throws sdk::Failure that names all that are missing, or when there is nothing to dump.
std::vector<FoundDatabase> wanted_databases(const std::string& title, const DatabaseOptions& options,
                                            const std::vector<FoundDatabase>& found);

// "exit status 2", "signal 9".
std::string how_it_ended(const sdk::Completed& completed);

// The last lines with something in them, at most this many, and not more than 2,000 bytes of them.
std::string last_said(std::string_view text, std::size_t lines);

// Why a dump that looks whole could not be proven to be, and what a person can do.
struct Unproven {
  std::string code;
  std::string subject;
  std::string why;
  std::string package = {};  // Debian's, when it is missing or too old; else
  std::string action = {};   // what to do
};
void tell_unproven(sdk::Context& context, const Unproven& unproven);

}  // namespace maintain::plugins::backup
