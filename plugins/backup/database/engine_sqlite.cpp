// SQLite, by its own program: .dump within one transaction, as text, so that nothing is written on the server and the
// application goes on. (.backup and VACUUM INTO need a file that they can seek in.) What .dump leaves out is added
// around it: encoding, page size, auto_vacuum, user_version, application_id. It cannot write text that holds a NUL
// byte: it stops there without a word, so such text is looked for and told.
#include <map>
#include <set>

#include "backup/database/database_engine.hpp"
#include "backup/database/dump_name.hpp"
#include "backup/database/sqlite_load.hpp"
#include "common/program.hpp"
#include "common/sections.hpp"

namespace maintain::plugins::backup {
namespace {

using sdk::Failure;

constexpr const char* package = "sqlite3";
constexpr const char* wait_for_writers = ".timeout 60000";
// Else rows are numbered anew where no column holds their number, and a full-text index that goes by it finds nothing
// or the wrong row; no check of the new database would notice.
constexpr const char* dump_all_rows = ".dump --preserve-rowids";

constexpr const char* facts_query =
    "SELECT page_count * page_size, journal_mode FROM pragma_page_count, pragma_page_size, pragma_journal_mode";
constexpr const char* head_query =
    "SELECT 'PRAGMA encoding=''' || encoding || ''';' || char(10) || 'PRAGMA page_size=' || page_size || ';' || "
    "char(10) || 'PRAGMA auto_vacuum=' || auto_vacuum || ';' "
    "FROM pragma_encoding, pragma_page_size, pragma_auto_vacuum";
constexpr const char* tail_query =
    "SELECT 'PRAGMA user_version=' || user_version || ';' || char(10) || 'PRAGMA application_id=' || application_id || "
    "';' || char(10) || '-- Dump completed' FROM pragma_user_version, pragma_application_id";

// One statement for each table: its name, if one of its texts holds a NUL byte.
constexpr const char* nul_statements_query =
    "SELECT 'SELECT ' || quote(m.name) || ' WHERE EXISTS (SELECT 1 FROM \"' || replace(m.name, '\"', '\"\"') || "
    "'\" WHERE ' || group_concat('(typeof(\"' || replace(c.name, '\"', '\"\"') || '\")=''text'' AND instr(\"' || "
    "replace(c.name, '\"', '\"\"') || '\", char(0)))', ' OR ') || ');' "
    "FROM sqlite_master m, pragma_table_info(m.name) c "
    "WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%' GROUP BY m.name";

class SqliteEngine final : public DatabaseEngine {
 public:
  explicit SqliteEngine(DatabaseOptions options) : options_(std::move(options)) {}

  std::string title() const override { return "SQLite"; }
  std::string format() const override { return "plain"; }

  Survey survey(sdk::Context& context, bool thorough) override {
    Survey survey;
    const auto [tool, version] = find_tool(context, {"sqlite3"}, options_.user, package);
    survey.tools[tool] = version;
    for (const std::string& path : options_.databases) {
      survey.databases.push_back(look_at(context, path));
      if (!thorough) continue;
      if (is_sound(context, path)) look_for_nul(context, path);
      else survey.damaged.push_back(path);
    }
    return survey;
  }

  std::vector<DatabaseDump> dumps(const Survey& survey) const override {
    std::map<std::string_view, int> same_names;
    for (const FoundDatabase& database : survey.databases) ++same_names[base_name(database.name)];
    std::vector<DatabaseDump> dumps;
    for (const FoundDatabase& database : survey.databases) {
      const std::string_view base = base_name(database.name);
      sdk::Command command = asking(database.name, {"BEGIN", head_query, dump_all_rows, tail_query, "COMMIT"});
      dumps.push_back({.database = database.name,
                       .title = "the dump of " + database.name,
                       .file = dump_name(same_names[base] == 1 ? base : database.name) + ".sql",
                       .command = std::move(command),
                       .rule = {.start = "PRAGMA encoding=",
                                .end = {"COMMIT;\nPRAGMA user_version=", "-- Dump completed\n"}},
                       .expected_bytes = database.bytes});
    }
    return dumps;
  }

  DumpProof prove(sdk::Context& context, const DatabaseDump& dump, const std::string& path) override {
    SqliteLoad load = load_sqlite(context, path);
    if (!load.problem.empty()) return {.how = {}, .problem = load.problem};
    if (!load.impossible.why.empty()) {
      if (told_.insert(load.impossible.code).second) tell_unproven(context, load.impossible);
      return {.how = {}};
    }
    DumpProof proof{.how = "loaded, integrity_check", .detail = std::to_string(load.tables) + " tables",
                    .facts = {{"tables", load.tables}, {"journal_mode", journal_modes_[dump.database]}}};
    if (cut_.contains(dump.database)) proof.how.clear();
    return proof;
  }

 private:
  // -readonly: also a file that is not there is not made. -init: nobody's ~/.sqliterc.
  sdk::Command asking(const std::string& path, const std::vector<std::string>& questions) const {
    std::vector<std::string> argv = {"sqlite3", "-readonly", "-batch", "-bail", "-init", "/dev/null",
                                     "-noheader", "-list", "-separator", "\t", path, wait_for_writers};
    argv.insert(argv.end(), questions.begin(), questions.end());
    return {.argv = std::move(argv), .become_user = options_.user, .read_only = true, .quiet = true};
  }

  FoundDatabase look_at(sdk::Context& context, const std::string& path) {
    sdk::Command ask = asking(path, {facts_query});
    ask.timeout = longest_question;
    const sdk::Completed done = context.exec(ask);
    if (!done.ok())
      throw Failure(MAINTAIN_FAILED, "the SQLite database " + path + " cannot be read: " +
                                         last_said(done.error_output, 1) + "; see that it is there and that " +
                                         (options_.user.empty() ? "the user of the connection" : options_.user) +
                                         " may read it and write beside it, else name another `user`");
    const auto fields = split_tabs(trim(done.output));
    FoundDatabase found{.name = path};
    if (const auto bytes = parse_number(fields[0])) found.bytes = static_cast<std::uint64_t>(*bytes);
    journal_modes_[path] = printable(fields.back().substr(0, 20));
    return found;
  }

  // A damaged database would be dumped without what is damaged; that must not push out the copies of the whole one.
  bool is_sound(sdk::Context& context, const std::string& path) const {
    const sdk::Completed done = context.exec(asking(path, {"PRAGMA quick_check(20)"}));
    if (done.ok() && trim(done.output) == "ok") return true;
    context.finding({.state = sdk::State::critical,
                     .code = "backup.source_damaged",
                     .subject = path,
                     .title = "the SQLite database " + path + " is damaged; no copy is made of it",
                     .detail = last_said(done.output + done.error_output, 20),
                     .action = "restore it from an earlier copy, or save what can be read with sqlite3's .recover"});
    return false;
  }

  void look_for_nul(sdk::Context& context, const std::string& path) {
    const sdk::Completed statements = context.exec(asking(path, {nul_statements_query}));
    sdk::Command search = asking(path, {});
    search.input = statements.output;
    search.argv.pop_back();  // with a command among its words it would not read its input
    if (statements.ok() && trim(statements.output).empty()) return;  // it has no table
    const sdk::Completed found = statements.ok() ? context.exec(search) : statements;
    if (!found.ok())
      context.log(sdk::Level::warning, path + " could not be searched for text with NUL bytes: " +
                                           last_said(found.error_output, 1));
    if (!found.ok() || trim(found.output).empty()) return;
    cut_.insert(path);
    std::string tables = last_said(found.output, 10);
    for (char& c : tables)
      if (c == '\n') c = ' ';
    tell_unproven(context,
                  {.code = "backup.text_cut",
                   .subject = path,
                   .why = "in " + path + " there is text with NUL bytes, of which a dump keeps only what is before "
                          "them; tables: " + tables,
                   .action = "store such bytes as BLOB, or copy the file itself with backup.directory while its "
                             "application stands still"});
  }

  DatabaseOptions options_;
  std::map<std::string, std::string> journal_modes_;  // path -> mode: a dump does not hold it
  std::set<std::string> cut_;                         // paths with text that the dump does not hold whole
  std::set<std::string> told_;
};

}  // namespace

std::unique_ptr<DatabaseEngine> make_sqlite_engine(const DatabaseOptions& options) {
  return std::make_unique<SqliteEngine>(options);
}

}  // namespace maintain::plugins::backup
