// A PostgreSQL server for a drill, on the loopback that it has for itself: a confined program has no Unix sockets.
#include <charconv>
#include <filesystem>
#include <set>

#include "backup/database/dump_name.hpp"
#include "backup/drill/scratch_engine.hpp"

namespace maintain::plugins::backup {
namespace {

constexpr const char* address = "127.0.0.1";  // its port is the one that clients ask for anyway
constexpr const char* maintenance = "dbname=postgres";
constexpr std::size_t longest_statement = 64 * 1024;  // an argument of a program may have 128 KiB

struct Binaries {
  std::string directory;  // ends in a slash
  int major = 0;
};

// The newest that Debian's packages have put there.
std::optional<Binaries> newest_binaries() {
  std::optional<Binaries> newest;
  std::error_code failure;
  for (std::filesystem::directory_iterator entry("/usr/lib/postgresql", failure), end; !failure && entry != end;
       entry.increment(failure)) {
    const std::string name = entry->path().filename().string();
    int major = 0;
    std::from_chars(name.data(), name.data() + name.size(), major);
    std::error_code ignored;
    const std::filesystem::path bin = entry->path() / "bin";
    if (major > 0 && (!newest || major > newest->major) && std::filesystem::exists(bin / "initdb", ignored) &&
        std::filesystem::exists(bin / "postgres", ignored) && std::filesystem::exists(bin / "pg_restore", ignored))
      newest = Binaries{bin.string() + "/", major};
  }
  return newest;
}

// The maintenance database, template1 and the like exist already: their copies go beside them.
std::string scratch_name(const std::string& database) {
  return database == "postgres" || database.starts_with("template") ? "copy_of_" + database : database;
}

// A name with "=" in it, or one that looks like a URI, would be taken for a connection string.
std::string connection(const std::string& database) { return conninfo(scratch_name(database)); }

class ScratchPostgresql final : public ScratchEngine {
 public:
  void require() override {
    const auto found = newest_binaries();
    if (!found)
      throw DrillImpossible("no PostgreSQL server is installed on the maintenance server", {},
                            "install Debian's package postgresql there; its own cluster need not run");
    binaries_ = *found;
  }

  SqlFacts facts(Scratch& scratch, const Dump& dump, const std::string& path) override {
    if (dump.form != DumpForm::custom) return scan_sql(scratch, "postgresql", dump, path);
    SqlScan scan("postgresql");
    scratch.read({.what = "reading the dump of " + dump.database,
                  .program = {{program("pg_restore"), "--schema-only", "-f", "-"}},
                  .input_file = path},
                 [&](std::string_view bytes) { scan.take(bytes); });
    return scan.finish();
  }

  ScratchPlan restore(const std::vector<DumpToRestore>& dumps, const std::string& globals) override {
    ScratchPlan plan;
    plan.before.push_back({.what = "initdb",
                           .program = {{program("initdb"), "-D", Scratch::inside, "-U", "postgres", "-A", "trust",
                                        "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"}}});
    plan.server = server();
    // What CREATE ROLE says of postgres, which is there, must not end it.
    if (!globals.empty())
      plan.steps.push_back({.what = "restoring the roles",
                            .program = {client(maintenance, false)},
                            .input_file = globals,
                            .may_fail = true});
    std::set<std::string> roles;
    for (const DumpToRestore& one : dumps) roles.insert(one.facts.roles.begin(), one.facts.roles.end());
    add_roles(plan, roles);
    for (const DumpToRestore& one : dumps) add_dump(plan, one);
    return plan;
  }

  ScratchStep ask(const std::string& database, const std::string& statement) override {
    ScratchStep step = statement_step("asking " + database, connection(database), statement);
    step.question = true;
    return step;
  }

  ScratchStep count_tables(const std::string& database) override {
    return ask(database,
               "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN "
               "('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND NOT EXISTS "
               "(SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND "
               "d.deptype = 'e')");
  }

 private:
  std::string program(const char* name) const { return binaries_.directory + name; }

  // fsync and full_page_writes: nobody needs this server after a crash. mmap: /dev/shm is not writable to us.
  ScratchServer server() const {
    return {.name = "PostgreSQL",
            .program = {{program("postgres"), "-D", Scratch::inside, "-c", "listen_addresses=127.0.0.1",
                         "-c", "port=5432", "-c", "unix_socket_directories=",
                         "-c", "dynamic_shared_memory_type=mmap", "-c", "fsync=off", "-c", "full_page_writes=off",
                         "-c", "synchronous_commit=off", "-c", "autovacuum=off", "-c", "max_wal_size=1GB",
                         "-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "log_min_messages=fatal"}},
            .ready = {{program("pg_isready"), "-q", "-h", address, "-U", "postgres"}}};
  }

  std::vector<std::string> client(const std::string& to, bool stop) const {
    return {program("psql"), "-X", "-q", "-A", "-t", "-F", "\t", "-h", address, "-U", "postgres", "-v",
            stop ? "ON_ERROR_STOP=1" : "ON_ERROR_STOP=0", "-d", to};
  }

  ScratchStep statement_step(const std::string& what, const std::string& to, const std::string& statement) const {
    std::vector<std::string> argv = client(to, true);
    argv.insert(argv.end(), {"-c", statement});
    return {.what = what, .program = {std::move(argv)}};
  }

  // Owners and grants are part of what is restored, and without globals their roles are missing.
  void add_roles(ScratchPlan& plan, const std::set<std::string>& roles) const {
    std::string text;
    const auto flush = [&] {
      if (!text.empty()) plan.steps.push_back(statement_step("making the roles", maintenance, text));
      text.clear();
    };
    for (const std::string& role : roles) {
      if (role.starts_with("pg_") || role == "postgres" || role == "CURRENT_USER" || role == "SESSION_USER") continue;
      text += "DO $maintain$ BEGIN CREATE ROLE " + sql_quoted(role, '"') +
              "; EXCEPTION WHEN duplicate_object THEN NULL; END $maintain$;\n";
      if (text.size() > longest_statement) flush();
    }
    flush();
  }

  void add_dump(ScratchPlan& plan, const DumpToRestore& one) const {
    if (one.facts.from_major && *one.facts.from_major > binaries_.major)
      throw DrillImpossible("the dump of " + one.dump.database + " is of PostgreSQL " +
                                std::to_string(*one.facts.from_major) + ", the newest server here is " +
                                std::to_string(binaries_.major),
                            {},
                            "install postgresql-" + std::to_string(*one.facts.from_major) +
                                " on the maintenance server");
    // C: the locale that goes with every encoding and is everywhere.
    std::string create =
        "CREATE DATABASE " + sql_quoted(scratch_name(one.dump.database), '"') + " TEMPLATE template0";
    if (!one.facts.encoding.empty() && one.facts.encoding != "UTF8")
      create += " ENCODING " + sql_quoted(one.facts.encoding, '\'') + " LC_COLLATE 'C' LC_CTYPE 'C'";
    plan.steps.push_back(statement_step("making the database " + one.dump.database, maintenance, create));
    std::vector<std::string> argv = client(connection(one.dump.database), true);
    if (one.dump.form == DumpForm::custom)
      argv = {program("pg_restore"), "-h", address, "-U", "postgres", "-d", connection(one.dump.database),
              "--exit-on-error", "--no-tablespaces"};
    plan.steps.push_back({.what = "restoring " + one.dump.database,
                          .program = {std::move(argv)},
                          .input_file = one.path,
                          .unzip = one.dump.form == DumpForm::gzip});
  }

  Binaries binaries_;
};

}  // namespace

std::unique_ptr<ScratchEngine> make_scratch_postgresql() { return std::make_unique<ScratchPostgresql>(); }

}  // namespace maintain::plugins::backup
