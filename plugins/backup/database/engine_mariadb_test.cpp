#include <catch2/catch.hpp>

#include "backup/database/database_testing.hpp"

using namespace maintain::plugins::backup::testing;

namespace {

const std::string whole = "/*M!999999\\- enable the sandbox mode */ \nCREATE TABLE `t` (`a` int);\n\n"
                          "-- Dump completed on 2026-11-29  6:16:24\n";
constexpr const char* mariadb_version =
    "mariadb-dump  Ver 10.19 Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)";
constexpr const char* mysql_version = "mysqldump  Ver 8.0.40-0ubuntu0.24.04.1 for Linux on x86_64 ((Ubuntu))";

bool has_word(const SeenCommand& command, const std::string& word) {
  return std::find(command.argv.begin(), command.argv.end(), word) != command.argv.end();
}

}  // namespace

TEST_CASE("backup: MariaDB is dumped in one transaction, as root by its socket, to be restored under any name") {
  FakeServer server;
  has_tool(server, "mariadb-dump", mariadb_version);
  has_tool(server, "mariadb", "mariadb  Ver 15.1");
  server.expect(argv({"mariadb", "--default-character-set=utf8mb4", "--batch"}).as("root")).reply("6DC3BC6C6C\n2D78\n");
  server.expect(argv({"mariadb-dump"}).as("root")).reply(whole).reply(whole);
  CHECK(run_database(server, {{"engine", "mariadb"}, {"database", "all"}}).outcome == Outcome::ok);
  CHECK(dumping(server).front().argv ==
        std::vector<std::string>{"mariadb-dump", "--default-character-set=utf8mb4", "--single-transaction", "--quick",
                                 "--routines", "--triggers", "--events", "--hex-blob", "--max-allowed-packet=1G", "--",
                                 "müll"});
  CHECK(dumping(server).back().argv.back() == "-x");  // behind --, hence no option
  CHECK(stored(server, "m%C3%BCll.sql") == whole);
  CHECK(stored(server, "%2Dx.sql") == whole);
  CHECK(facts(server)["tools"] == Json{{"mariadb-dump", mariadb_version}});
}

TEST_CASE("backup: credentials of MariaDB come from the option file, before all other options") {
  FakeServer server;
  has_tool(server, "mariadb-dump", mariadb_version);
  has_tool(server, "mariadb", "mariadb  Ver 15.1");
  server.expect(argv({"mariadb", "--defaults-file=/etc/mysql/backup.cnf"}).as("dumper")).reply("61\n");
  server.expect(argv({"mariadb-dump", "--defaults-file=/etc/mysql/backup.cnf"}).as("dumper")).reply(whole);
  const Json options = {{"engine", "mariadb"}, {"database", "a"}, {"user", "dumper"},
                        {"defaults_file", "/etc/mysql/backup.cnf"}};
  CHECK(run_database(server, options).outcome == Outcome::ok);
}

TEST_CASE("backup: MySQL's own dump does not tie the restored server to this one's history") {
  FakeServer server;
  has_tool(server, "mysqldump", mysql_version);
  has_tool(server, "mysql", "mysql  Ver 8.0.40");
  server.stub(argv({"mysql"}), {.output = "61\n"});
  server.expect(argv({"mysqldump"})).reply(whole);
  CHECK(run_database(server, {{"engine", "mysql"}, {"database", "a"}}).outcome == Outcome::ok);
  CHECK(has_word(dumping(server).front(), "--set-gtid-purged=OFF"));
  CHECK(server.store.copies.front().source == "MySQL a");
}

TEST_CASE("backup: which program is preferred is the engine's, and either will do") {
  FakeServer server;
  server.stub(script("command -v"), Reply::exits(127));
  CHECK(run_database(server, {{"engine", "mysql"}, {"database", "a"}}).message ==
        "there is no mysqldump or mariadb-dump on the server; install default-mysql-client there");
  CHECK(run_database(server, {{"engine", "mariadb"}, {"database", "a"}}).message ==
        "there is no mariadb-dump or mysqldump on the server; install mariadb-client there");
}

TEST_CASE("backup: a MariaDB that cannot be asked is told with what it said") {
  FakeServer server;
  has_tool(server, "mariadb-dump", mariadb_version);
  has_tool(server, "mariadb", "mariadb  Ver 15.1");
  server.stub(argv({"mariadb"}), Reply::exits(1, "ERROR 2002 (HY000): Can't connect to local server through socket "
                                                 "'/run/mysqld/mysqld.sock' (2)\n"));
  const TaskRun run = run_database(server, {{"engine", "mariadb"}, {"database", "a"}});
  CHECK(run.status == MAINTAIN_FAILED);
  CHECK(run.message.find("MariaDB cannot be asked for its databases: mariadb ended with exit status 1: ERROR 2") == 0);
}

TEST_CASE("backup: a dry run of MariaDB counts what is in the tables") {
  FakeServer server;
  has_tool(server, "mariadb-dump", mariadb_version);
  has_tool(server, "mariadb", "mariadb  Ver 15.1");
  server.stub(argv({"mariadb"}), {.output = "6F7264657273\t16384\n74657374\t0\n"});
  CHECK(run_database(server, {{"engine", "mariadb"}, {"database", "orders"}}, true).outcome == Outcome::ok);
  CHECK(server.summary == "would copy MariaDB orders (16.0 KiB)");
  CHECK(server.refused.empty());
}
