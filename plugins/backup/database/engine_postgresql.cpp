// PostgreSQL, by pg_dump as the user who owns the cluster. In the custom format the list of contents stands at the
// beginning, so that pg_restore --list finds nothing wrong with half a dump: whether all is there that the list
// promises is looked at while it passes, and pg_restore has to read it to its end only where that did not tell.
#include <algorithm>

#include "backup/database/database_engine.hpp"
#include "backup/database/dump_name.hpp"

namespace maintain::plugins::backup {
namespace {

using sdk::Failure;

constexpr const char* package = "postgresql-client";
// Milliseconds; without it a lock that somebody forgot is waited for in silence.
constexpr const char* locks_at_most = "--lock-wait-timeout=300000";

// In hexadecimal: a name may hold line ends. Sizes only on request: they are counted file by file.
constexpr const char* name_query =
    "SELECT encode(convert_to(datname::text, 'UTF8'), 'hex') FROM pg_database "
    "WHERE datallowconn AND NOT datistemplate ORDER BY datname";
constexpr const char* size_query =
    "SELECT encode(convert_to(datname::text, 'UTF8'), 'hex'), "
    "CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) END FROM pg_database "
    "WHERE datallowconn AND NOT datistemplate ORDER BY datname";

class PostgresqlEngine final : public DatabaseEngine {
 public:
  explicit PostgresqlEngine(DatabaseOptions options) : options_(std::move(options)) {}

  std::string title() const override { return "PostgreSQL"; }
  std::string format() const override { return options_.plain ? "plain" : "custom"; }

  Survey survey(sdk::Context& context, bool thorough) override {
    Survey survey;
    const auto [tool, version] = find_tool(context, {"pg_dump"}, options_.user, package);
    survey.tools[tool] = version;
    survey.databases = wanted_databases(title(), options_, list(context, thorough ? name_query : size_query));
    return survey;
  }

  std::vector<DatabaseDump> dumps(const Survey& survey) const override {
    std::vector<DatabaseDump> dumps;
    if (options_.all) dumps.push_back(globals());
    for (const FoundDatabase& database : survey.databases) dumps.push_back(dump_of(database));
    return dumps;
  }

  DumpProof prove(sdk::Context& context, const DatabaseDump& dump, const std::string& path) override {
    if (dump.rule.gzip) return {.how = "gzip checksum, end of the dump"};
    if (!dump.rule.end.empty()) return {.how = "end of the dump"};
    const bool followed = dump.archive && dump.archive->whole();
    return read_again(context, path, followed ? std::optional(dump.archive->blocks()) : std::nullopt);
  }

 private:
  sdk::Command command(std::vector<std::string> argv) const {
    return {.argv = std::move(argv),
            .become_user = options_.user,
            .environment = {{"LC_ALL", "C"}, {"PGCONNECT_TIMEOUT", "30"}},
            .read_only = true,
            .quiet = true};
  }

  // "postgres" can be missing; whoever removed it has template1, which cannot be.
  std::vector<FoundDatabase> list(sdk::Context& context, const char* query) const {
    std::string said;
    for (const char* database : {"postgres", "template1"}) {
      sdk::Command ask = command({"psql", "-X", "-A", "-t", "-F", "\t", "--no-password", "-v", "ON_ERROR_STOP=1", "-d",
                                  conninfo(database), "-c", query});
      ask.timeout = longest_question;
      const sdk::Completed done = context.exec(ask);
      if (done.ok()) return parse_databases(done.output);
      if (said.empty()) said = "psql ended with " + how_it_ended(done) + ": " + last_said(done.error_output, 3);
      if (done.error_output.find("does not exist") == std::string::npos) break;
    }
    throw Failure(MAINTAIN_FAILED, "PostgreSQL cannot be asked for its databases: " + said +
                                       "; see that it runs and lets the user " + options_.user + " in");
  }

  DatabaseDump dump_of(const FoundDatabase& database) const {
    std::vector<std::string> argv = {"pg_dump", "--no-password", locks_at_most};
    // Compressed by pg_dump itself: in a pipe its exit status would be gzip's.
    if (options_.plain) argv.insert(argv.end(), {"-Fp", "-Z6"});
    else argv.push_back("-Fc");
    for (const std::string& pattern : options_.exclude_table_data) argv.push_back("--exclude-table-data=" + pattern);
    argv.insert(argv.end(), {"-d", conninfo(database.name)});
    const std::string name = dump_name(database.name);
    DatabaseDump dump{.database = database.name,
                      .title = "the dump of " + database.name,
                      .file = name + (options_.plain ? ".sql.gz" : ".dump"),
                      .command = command(std::move(argv)),
                      .rule = {.start = "PGDMP"},
                      .expected_bytes = database.bytes};
    if (!options_.plain) dump.archive = std::make_shared<PgArchive>();
    if (options_.plain) {
      dump.rule = {.end = {"-- PostgreSQL database dump complete\n"}, .gzip = true};
      dump.legacy_name = name + ".gz";
    }
    return dump;
  }

  // Roles and tablespaces, which belong to no database and without which none can be restored as it was.
  DatabaseDump globals() const {
    return {.database = "globals",
            .title = "the dump of roles and tablespaces",
            .file = "globals.sql",
            .command = command({"pg_dumpall", "--globals-only", "--no-password", locks_at_most}),
            .rule = {.end = {"-- PostgreSQL database cluster dump complete\n"}}};
  }

  // The version is the reader's, not the dump's, fault; without compression libraries likewise.
  static bool is_too_old(std::string_view said) {
    return said.find("unsupported version") != std::string_view::npos ||
           said.find("does not support compression") != std::string_view::npos;
  }

  DumpProof read_again(sdk::Context& context, const std::string& path, std::optional<std::size_t> blocks) {
    std::uint64_t entries = 0;
    char before = '\n';
    const auto count = [&](std::string_view piece) {  // lines that are no comments
      for (const char c : piece) {
        if (before == '\n' && c != ';' && c != '\n') ++entries;
        before = c;
      }
    };
    try {
      for (const bool whole : {false, true}) {
        std::vector<std::string> argv = {"pg_restore", "--list", path};
        if (whole && blocks) continue;
        if (whole) argv = {"pg_restore", "--file=/dev/null", path};
        sdk::Command reader{.argv = std::move(argv),
                            .environment = {{"LC_ALL", "C"}},
                            .read_only = true,
                            .quiet = true,
                            .on_output = count};
        const sdk::Completed done = context.local(reader);
        if (done.ok()) continue;
        const std::string said = last_said(done.error_output, 1);
        if (!is_too_old(said)) return {.how = {}, .problem = "pg_restore cannot read it to its end: " + said};
        tell_once(context, "pg_restore here cannot read this dump: " + said);
        return {.how = {}};
      }
    } catch (const Failure& failure) {
      if (failure.status() != MAINTAIN_NOT_FOUND) throw;
      tell_once(context, "there is no pg_restore here that could read it");
      return {.how = {}};
    }
    const std::string how_far = blocks ? "contents listed, all " + std::to_string(*blocks) + " blocks of data are there"
                                       : "read to its end";
    return {.how = "pg_restore", .detail = how_far + ", " + std::to_string(entries) + " entries",
            .facts = {{"entries", entries}}};
  }

  void tell_once(sdk::Context& context, const std::string& why) {
    if (!told_)
      tell_unproven(context,
                    {.code = "backup.tool_missing", .subject = "pg_restore", .why = why, .package = package});
    told_ = true;
  }

  DatabaseOptions options_;
  bool told_ = false;
};

}  // namespace

std::unique_ptr<DatabaseEngine> make_postgresql_engine(const DatabaseOptions& options) {
  return std::make_unique<PostgresqlEngine>(options);
}

}  // namespace maintain::plugins::backup
