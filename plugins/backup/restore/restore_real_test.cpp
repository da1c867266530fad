// Restores into real database servers, where they are installed.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include <catch2/catch.hpp>

#include "backup/drill/real_programs.hpp"
#include "backup/drill/scratch_engine.hpp"
#include "backup/restore/restore_task.hpp"
#include "backup/tree/tree_testing.hpp"

using namespace maintain;
using namespace maintain::plugins::backup;
using sdk::Json;
namespace kit = sdk::testkit;

namespace {

// $1 a directory whose owner runs the server.
constexpr const char* start_postgresql = R"(set -e
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
"$bin/initdb" -D "$1/db" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync
"$bin/pg_ctl" -D "$1/db" -w -l "$1/log" -o "-c listen_addresses= -c unix_socket_directories=$1 -c fsync=off" start)";
constexpr const char* stop_postgresql = R"(bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
"$bin/pg_ctl" -D "$1/db" -m immediate stop)";
// Whether it answers already it tells only those who ask: at most 200 times, and not once it has died.
constexpr const char* start_mariadb = R"(set -e
PATH=$PATH:/usr/sbin
mkdir "$1/tmp"
mariadb-install-db --no-defaults --datadir="$1/db" --tmpdir="$1/tmp" --auth-root-authentication-method=normal \
  --skip-test-db --cross-bootstrap --innodb-flush-method=nosync
mariadbd --no-defaults --datadir="$1/db" --tmpdir="$1/tmp" --socket="$1/socket" --pid-file="$1/pid" --skip-networking \
  --skip-log-bin --innodb-flush-method=nosync </dev/null >"$1/log" 2>&1 &
for tries in $(seq 200); do
  if mariadb --no-defaults --socket="$1/socket" -uroot -e 'SELECT 1'; then exit 0; fi
  kill -0 $! || break
  sleep 0.05
done
cat "$1/log"; exit 1)";
constexpr const char* stop_mariadb = R"sh(kill -KILL "$(cat "$1/pid")")sh";

struct RealServer {
  std::string directory;
  std::string stop;

  RealServer(const std::string& start, std::string stopping) : stop(std::move(stopping)) {
    directory = (std::filesystem::temp_directory_path() / "maintain-db-XXXXXX").string();
    REQUIRE(::mkdtemp(directory.data()) != nullptr);
    if (::geteuid() == 0) REQUIRE(::chown(directory.c_str(), 65534, 65534) == 0);
    const kit::Reply started = as_nobody(start);
    INFO(started.output << started.error_output);
    REQUIRE(started.status == 0);
  }
  ~RealServer() {
    as_nobody(stop);
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }
  kit::Reply as_nobody(const std::string& script) const {
    std::vector<std::string> argv = {"sh", "-c", script, "sh", directory};
    if (::geteuid() == 0)
      argv.insert(argv.begin(), {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
    return run_really({.argv = argv}, "/tmp");
  }
};

// Whatever the task runs on "the server" is run here, and a shell stands for ssh.
struct RealWorld {
  kit::FakeServer server;

  RealWorld(const std::string& engine, std::map<std::string, std::string> files) {
    server.facts.user = engine == "postgresql" ? "postgres" : "root";
    server.remote_shell = {"sh", "-c"};
    run_local_programs_really(server);
    run_server_commands_really(server);
    kit::FakeCopy copy;
    copy.time = server.now();
    copy.engine = engine;
    copy.content = std::move(files);
    server.store.add(copy);
  }

  Json options = Json::object();  // of the task that made the copy

  kit::TaskRun restore(const std::string& to, bool replace) {
    RestoreTask task;
    const Json parent = {{"type", "backup.database"}, {"options", options}};
    return kit::run_task(task, server, {.options = {{"to", to}, {"replace", replace}, {"parent", parent}}});
  }
};

std::string testdata(const std::string& name) { return content_of_file(std::string(MAINTAIN_TESTDATA) + "/" + name); }

std::string output_of(const std::vector<std::string>& argv) {
  const kit::Reply reply = run_really({.argv = argv}, "/tmp");
  return reply.output + reply.error_output;
}

bool available(const std::string& engine) {
  try {
    make_scratch_engine(engine)->require();
    return true;
  } catch (const DrillImpossible& missing) {
    WARN("not tested: " << missing.what());
    return false;
  }
}

}  // namespace

TEST_CASE("backup: restores into a real PostgreSQL server") {
  if (!available("postgresql")) return;
  const RealServer database(start_postgresql, stop_postgresql);
  ::setenv("PGHOST", database.directory.c_str(), 1);
  ::setenv("PGUSER", "postgres", 1);
  const auto ask = [](const std::string& name, const std::string& statement) {
    return output_of({"psql", "-XAtq", "-d", name, "-c", statement});
  };
  CHECK(ask("postgres", "create role \"Shop Admin\"; create role reader") == "");
  RealWorld world("postgresql", {{"orders.dump", testdata("orders.dump")}, {"globals.sql", ""}});

  auto run = world.restore("database:it's \"new\"", false);
  CHECK(run.message == "");
  CHECK(ask("it's \"new\"", "select count(*) from orders") == "3\n");

  CHECK(ask("it's \"new\"", "delete from orders; alter database \"it's \"\"new\"\"\" owner to reader") == "");
  CHECK(world.restore("database:it's \"new\"", false).status == MAINTAIN_REFUSED);
  CHECK(ask("it's \"new\"", "select count(*) from orders") == "0\n");

  // Somebody is connected all the while.
  const kit::Reply connected = database.as_nobody(
      "psql -Xq -d \"it's \\\"new\\\"\" -c 'select pg_sleep(60)' >/dev/null 2>&1 & "
      "until psql -XAtq -d postgres -c \"select 1 from pg_stat_activity where query like '%sleep(60)'\" | grep -q 1; "
      "do sleep 0.05; done");
  CHECK(connected.status == 0);
  run = world.restore("database:it's \"new\"", true);
  CHECK(run.message == "");
  CHECK(ask("it's \"new\"", "select count(*) from orders") == "3\n");
  CHECK(ask("postgres", "select datname, pg_get_userbyid(datdba), datallowconn from pg_database where oid > 16383") ==
        "it's \"new\"|reader|t\n");

  world.server.store.copies[0].path = world.server.directory();
  std::ofstream(world.server.directory() + "/orders.dump") << testdata("orders.dump").substr(0, 1500);
  run = world.restore("database:it's \"new\"", true);
  CHECK(run.message.find("restoring orders failed: pg_restore: error: ") == 0);
  CHECK(ask("postgres", "select count(*) from pg_database where oid > 16383") == "1\n");
  CHECK(ask("it's \"new\"", "select count(*) from orders") == "3\n");
}

TEST_CASE("backup: restores into a real MariaDB server") {
  if (!available("mariadb")) return;
  const RealServer database(start_mariadb, stop_mariadb);
  const std::string defaults = database.directory + "/my.cnf";
  std::ofstream(defaults) << "[client]\nuser=root\nsocket=" << database.directory << "/socket\n";
  const auto ask = [&](const std::string& statement) {
    return output_of({"mariadb", "--defaults-file=" + defaults, "-N", "-B", "-e", statement});
  };
  const std::string dump = "CREATE TABLE o (id int);\nCREATE TRIGGER t BEFORE INSERT ON o FOR EACH ROW SET NEW.id = "
                           "NEW.id + 1;\nINSERT INTO o VALUES (41);\n";
  RealWorld world("mariadb", {{"orders.sql", dump}});
  world.options = {{"defaults_file", defaults}};
  auto run = world.restore("database:it's `new`", false);
  CHECK(run.message == "");
  CHECK(ask("select id from `it's ``new```.o") == "42\n");
  CHECK(world.restore("database:it's `new`", false).status == MAINTAIN_REFUSED);

  CHECK(ask("alter database `it's ``new``` character set latin1; delete from `it's ``new```.o") == "");
  run = world.restore("database:it's `new`", true);
  CHECK(run.message == "");
  CHECK(ask("select id from `it's ``new```.o") == "42\n");
  CHECK(ask("select schema_name, default_character_set_name from information_schema.schemata where schema_name not in "
            "('mysql', 'sys', 'information_schema', 'performance_schema')") == "it's `new`\tlatin1\n");
}

TEST_CASE("backup: restores into a real SQLite file") {
  if (!available("sqlite")) return;
  const std::string dump = "BEGIN TRANSACTION;\nCREATE TABLE o (id integer);\nINSERT INTO o VALUES (1);\nCOMMIT;\n";
  RealWorld world("sqlite", {{"shop.sql", dump}});
  const std::filesystem::path file = world.server.directory() + "/new's.db";
  const std::string to = "database:" + file.string();
  auto run = world.restore(to, false);
  CHECK(run.message == "");
  CHECK(output_of({"sqlite3", file, "select id from o"}) == "1\n");
  CHECK(world.restore(to, false).status == MAINTAIN_REFUSED);

  CHECK(output_of({"sqlite3", file, "delete from o"}) == "");
  std::filesystem::permissions(file, std::filesystem::perms(0640));
  run = world.restore(to, true);
  CHECK(run.message == "");
  CHECK(output_of({"sqlite3", file, "select id from o"}) == "1\n");
  CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms(0777)) == std::filesystem::perms(0640));
  CHECK(std::distance(std::filesystem::directory_iterator(file.parent_path()), {}) == 1);
}
