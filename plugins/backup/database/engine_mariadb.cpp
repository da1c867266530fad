// MariaDB and MySQL: one engine, since their programs differ by name and by one option.
#include "backup/database/database_engine.hpp"
#include "backup/database/dump_name.hpp"

namespace maintain::plugins::backup {
namespace {

using sdk::Failure;

// These three are made by the server, not by people. In hexadecimal: a name may hold anything.
constexpr const char* own_schemas = "('information_schema', 'performance_schema', 'sys')";

std::string name_query() {
  return std::string("SELECT hex(schema_name) FROM information_schema.schemata WHERE lower(schema_name) NOT IN ") +
         own_schemas + " ORDER BY schema_name";
}

std::string size_query() {
  return std::string("SELECT hex(s.schema_name), cast(coalesce(sum(t.data_length + t.index_length), 0) AS unsigned) "
                     "FROM information_schema.schemata s LEFT JOIN information_schema.tables t "
                     "ON t.table_schema = s.schema_name WHERE lower(s.schema_name) NOT IN ") +
         own_schemas + " GROUP BY s.schema_name ORDER BY s.schema_name";
}

class MariadbEngine final : public DatabaseEngine {
 public:
  explicit MariadbEngine(DatabaseOptions options) : options_(std::move(options)) {}

  std::string title() const override { return options_.engine == EngineKind::mysql ? "MySQL" : "MariaDB"; }
  std::string format() const override { return "plain"; }

  Survey survey(sdk::Context& context, bool thorough) override {
    Survey survey;
    const auto [dumper, dumper_version] = find(context, "mariadb-dump", "mysqldump");
    const auto [client, client_version] = find(context, "mariadb", "mysql");
    dumper_ = dumper;
    is_mariadb_ = dumper_version.find("MariaDB") != std::string::npos;
    survey.tools[dumper] = dumper_version;
    survey.databases =
        wanted_databases(title(), options_, list(context, client, thorough ? name_query() : size_query()));
    return survey;
  }

  std::vector<DatabaseDump> dumps(const Survey& survey) const override {
    std::vector<DatabaseDump> dumps;
    for (const FoundDatabase& database : survey.databases) dumps.push_back(dump_of(database));
    return dumps;
  }

  DumpProof prove(sdk::Context&, const DatabaseDump&, const std::string&) override {
    return {.how = "end of the dump"};
  }

 private:
  std::pair<std::string, std::string> find(sdk::Context& context, const char* mariadb, const char* mysql) const {
    const bool mysql_first = options_.engine == EngineKind::mysql;
    std::vector<std::string> names = {mariadb, mysql};
    if (mysql_first) std::swap(names[0], names[1]);
    return find_tool(context, names, options_.user, mysql_first ? "default-mysql-client" : "mariadb-client");
  }

  // The option file must be named before all other options.
  std::vector<std::string> words(const std::string& program, const std::vector<std::string>& more) const {
    std::vector<std::string> argv = {program};
    if (!options_.defaults_file.empty()) argv.push_back("--defaults-file=" + options_.defaults_file);
    argv.push_back("--default-character-set=utf8mb4");
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
  }

  sdk::Command command(std::vector<std::string> argv) const {
    return {.argv = std::move(argv),
            .become_user = options_.user,
            .environment = {{"LC_ALL", "C"}},
            .read_only = true,
            .quiet = true};
  }

  std::vector<FoundDatabase> list(sdk::Context& context, const std::string& client, const std::string& query) const {
    sdk::Command ask = command(words(client, {"--batch", "--raw", "--skip-column-names", "--execute=" + query}));
    ask.timeout = longest_question;
    const sdk::Completed done = context.exec(ask);
    if (done.ok()) return parse_databases(done.output);
    throw Failure(MAINTAIN_FAILED,
                  title() + " cannot be asked for its databases: " + client + " ended with " + how_it_ended(done) +
                      ": " + last_said(done.error_output, 3) + "; see that it runs and lets the user " + options_.user +
                      " in, by its socket or with `defaults_file`");
  }

  DatabaseDump dump_of(const FoundDatabase& database) const {
    // Without --databases: a dump that names its database can be restored into that one only.
    std::vector<std::string> more = {"--single-transaction", "--quick", "--routines", "--triggers", "--events",
                                     "--hex-blob", "--max-allowed-packet=1G"};
    if (!is_mariadb_) more.push_back("--set-gtid-purged=OFF");  // else it restores into a server without history only
    more.insert(more.end(), {"--", database.name});
    return {.database = database.name,
            .title = "the dump of " + database.name,
            .file = dump_name(database.name) + ".sql",
            .command = command(words(dumper_, more)),
            .rule = {.end = {"-- Dump completed"}},
            .expected_bytes = database.bytes};
  }

  DatabaseOptions options_;
  std::string dumper_;
  bool is_mariadb_ = true;
};

}  // namespace

std::unique_ptr<DatabaseEngine> make_mariadb_engine(const DatabaseOptions& options) {
  return std::make_unique<MariadbEngine>(options);
}

}  // namespace maintain::plugins::backup
