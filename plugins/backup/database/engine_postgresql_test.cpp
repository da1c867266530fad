#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

#include "backup/database/database_testing.hpp"

using namespace maintain::plugins::backup::testing;

namespace {

const std::string custom = std::string("PGDMP\x01\x0e\x00\x04\x08", 10) + std::string(500, 'x');
const std::string contents =
    ";\n; Archive created at 2026-11-29 06:15:13 UTC\n;     dbname: orders\n;     TOC Entries: 8\n;\n"
    ";\n; Selected TOC Entries:\n;\n"
    "214; 1259 16387 TABLE public t postgres\n215; 1259 16394 VIEW public v postgres\n"
    "3345; 0 16387 TABLE DATA public t postgres\n3201; 2606 16393 CONSTRAINT public t t_pkey postgres\n";
const std::string plain_end = "--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict D6VYcRmRgWof\n\n";
const std::string globals =
    "CREATE ROLE postgres;\n\n--\n-- PostgreSQL database cluster dump complete\n--\n\n";

// orders, and one whose name is: we=ird '\ name
constexpr const char* names = "6f7264657273\n77653d69726420275c206e616d65\n";
constexpr const char* sizes = "6f7264657273\t10001767\n77653d69726420275c206e616d65\t\n";

void has_postgresql(FakeServer& server, const std::string& list = names) {
  has_tool(server, "pg_dump", "pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)");
  server.stub(argv({"psql"}).as("postgres"), {.output = list});
}

void has_pg_restore(FakeServer& server) {
  server.stub_local(argv({"pg_restore", "--list"}), {.output = contents});
  server.stub_local(argv({"pg_restore", "--file=/dev/null"}), {});
}

Json dump_of(const Json& database) { return {{"engine", "postgresql"}, {"database", database}}; }

}  // namespace

TEST_CASE("backup: PostgreSQL's custom format is read again to its last byte if it could not be followed") {
  FakeServer server;
  has_postgresql(server);
  has_pg_restore(server);
  server.expect(argv({"pg_dump"}).as("postgres")).reply(custom);
  CHECK(run_database(server, dump_of("orders")).outcome == Outcome::ok);
  CHECK(dumping(server).front().argv ==
        std::vector<std::string>{"pg_dump", "--no-password", "--lock-wait-timeout=300000", "-Fc", "-d",
                                 "dbname='orders'"});
  CHECK(server.store.copies.front().state == "verified");
  CHECK(stored(server, "orders.dump") == custom);
  CHECK(facts(server)["format"] == "custom");
  CHECK(facts(server)["verified"] == Json{{{"how", "pg_restore"}, {"detail", "read to its end, 4 entries"}}});
  CHECK(facts(server)["details"]["databases"][0]["entries"] == 4);
  CHECK(facts(server)["tools"]["pg_dump"] == "pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)");
  for (const SeenCommand& command : server.commands)
    if (command.local) CHECK(command.argv.back().ends_with("/orders.dump"));
}

TEST_CASE("backup: PostgreSQL's custom format is listed only, if all that it promises was seen to come") {
  FakeServer server;
  has_postgresql(server);
  std::ifstream in(std::string(MAINTAIN_TESTDATA) + "/orders.dump", std::ios::binary);
  std::string dump{std::istreambuf_iterator<char>(in), {}};
  const bool half = GENERATE(false, true);
  if (half) dump.resize(dump.size() - 1);
  server.stub(argv({"pg_dump"}), {.output = dump});
  server.stub_local(argv({"pg_restore", "--list"}), {.output = contents});
  server.stub_local(argv({"pg_restore", "--file=/dev/null"}), Reply::exits(1, "pg_restore: error: end of file\n"));
  CHECK(run_database(server, dump_of("orders")).outcome == (half ? Outcome::failed : Outcome::ok));
  REQUIRE(server.store.copies.size() == (half ? 0 : 1));
  if (half) return;
  CHECK(facts(server)["verified"] ==
        Json{{{"how", "pg_restore"}, {"detail", "contents listed, all 1 blocks of data are there, 4 entries"}}});
}

TEST_CASE("backup: half a dump in PostgreSQL's custom format is found out, though its contents can be listed") {
  FakeServer server;
  has_postgresql(server);
  server.stub(argv({"pg_dump"}), {.output = custom});
  server.stub_local(argv({"pg_restore", "--list"}), {.output = contents});
  server.stub_local(argv({"pg_restore", "--file=/dev/null"}),
                    Reply::exits(1, "pg_restore: error: could not read from input file: end of file\n"));
  CHECK(run_database(server, dump_of("orders")).outcome == Outcome::failed);
  CHECK(server.store.copies.empty());
  REQUIRE(server.find("backup.dump_failed", "orders") != nullptr);
  CHECK(server.find("backup.dump_failed")->title.find("could not read from input file: end of file") !=
        std::string::npos);
}

TEST_CASE("backup: what is no custom dump at all is not even given to pg_restore") {
  FakeServer server;
  has_postgresql(server);
  server.stub(argv({"pg_dump"}), {.output = "Welcome to web1\n" + custom});
  CHECK(run_database(server, dump_of("orders")).outcome == Outcome::failed);
  CHECK(server.store.copies.empty());
}

TEST_CASE("backup: without a pg_restore that can read it, the copy is kept unverified and told once") {
  FakeServer server;
  has_postgresql(server);
  server.stub(argv({"pg_dump"}), {.output = custom});
  if (GENERATE(true, false)) server.stub_local(argv({"pg_restore"}), Reply::fails(MAINTAIN_NOT_FOUND));
  else server.stub_local(argv({"pg_restore"}),
                         Reply::exits(1, "pg_restore: error: unsupported version (1.15) in file header\n"));
  CHECK(run_database(server, dump_of({"orders", "we=ird '\\ name"})).outcome == Outcome::failed);
  CHECK(server.store.copies.front().state == "unverified");
  REQUIRE(server.findings.size() == 1);
  CHECK(server.findings[0].code == "backup.tool_missing");
  CHECK(server.findings[0].subject == "pg_restore");
  CHECK(server.findings[0].action.find("install postgresql-client") == 0);
}

TEST_CASE("backup: all of PostgreSQL's databases come with the roles, under names that no program misreads") {
  FakeServer server;
  has_postgresql(server);
  has_pg_restore(server);
  server.stub(argv({"pg_dump"}), {.output = custom});
  server.expect(argv({"pg_dumpall", "--globals-only", "--no-password"}).as("postgres")).reply(globals);
  CHECK(run_database(server, dump_of("all")).outcome == Outcome::ok);
  CHECK(stored(server, "globals.sql") == globals);
  CHECK(stored(server, "orders.dump") == custom);
  CHECK(stored(server, "we=ird%20%27%5C%20name.dump") == custom);
  CHECK(dumping(server).back().argv.back() == "dbname='we=ird \\'\\\\ name'");
  CHECK(server.store.copies.front().source == "all databases of PostgreSQL");
}

TEST_CASE("backup: roles that end early cost the copy, too") {
  FakeServer server;
  has_postgresql(server);
  has_pg_restore(server);
  server.stub(argv({"pg_dump"}), {.output = custom});
  server.stub(argv({"pg_dumpall"}), {.output = "CREATE ROLE postgres;\n"});
  CHECK(run_database(server, dump_of("all")).outcome == Outcome::failed);
  CHECK(server.find("backup.dump_failed", "globals") != nullptr);
  CHECK(server.store.copies.empty());
}

TEST_CASE("backup: the plain format is compressed by pg_dump, and the earlier bot's name leads to it") {
  FakeServer server;
  has_postgresql(server);
  const std::string packed = gzipped("CREATE TABLE t ();\n" + plain_end);
  Json options = dump_of("orders");
  options.update({{"format", "plain"}, {"layout", "legacy"}, {"user", "shop"}, {"exclude_table_data", {"logs.*"}}});
  server.stub(argv({"psql"}).as("shop"), {.output = names});
  SECTION("whole") {
    server.expect(argv({"pg_dump", "--no-password", "--lock-wait-timeout=300000", "-Fp", "-Z6",
                        "--exclude-table-data=logs.*"}).as("shop")).reply(packed);
    CHECK(run_database(server, options).outcome == Outcome::ok);
    CHECK(stored(server, "orders.sql.gz") == packed);
    CHECK(facts(server)["links"] == Json{{"orders.gz", "orders.sql.gz"}});
    CHECK(facts(server)["format"] == "plain");
    CHECK(facts(server)["verified"][0]["how"] == "gzip checksum, end of the dump");
  }
  SECTION("half, with exit status 0") {
    server.expect(argv({"pg_dump"})).reply(packed.substr(0, packed.size() / 2));
    CHECK(run_database(server, options).outcome == Outcome::failed);
    CHECK(server.store.copies.empty());
  }
}

TEST_CASE("backup: a PostgreSQL that cannot be asked is told with what it said") {
  FakeServer server;
  has_tool(server, "pg_dump", "pg_dump (PostgreSQL) 15.18");
  server.stub(argv({"psql"}), Reply::exits(2, "psql: error: connection to server on socket \"/run/x\" failed: No such "
                                              "file or directory\n\tIs the server running locally?\n"));
  const TaskRun run = run_database(server, dump_of("orders"));
  CHECK(run.status == MAINTAIN_FAILED);
  CHECK(run.message.find("PostgreSQL cannot be asked for its databases: psql ended with exit status 2") == 0);
  CHECK(run.message.find("No such file or directory") != std::string::npos);
  CHECK(run.message.find("lets the user postgres in") != std::string::npos);
  CHECK(server.store.abandoned == 0);
}

TEST_CASE("backup: where the database postgres was removed another one is asked") {
  FakeServer server;
  has_tool(server, "pg_dump", "pg_dump (PostgreSQL) 15.18");
  has_pg_restore(server);
  server.stub(argv({"pg_dump"}), {.output = custom});
  server.expect(word("dbname='postgres'")).reply(Reply::exits(2, "FATAL:  database \"postgres\" does not exist\n"));
  server.expect(word("dbname='template1'")).reply(names);
  CHECK(run_database(server, dump_of("orders")).outcome == Outcome::ok);
}

TEST_CASE("backup: databases that are not there are all named, with those that are") {
  FakeServer server;
  has_postgresql(server);
  const TaskRun run = run_database(server, dump_of({"nope", "orders", "nada"}));
  CHECK(run.status == MAINTAIN_FAILED);
  CHECK(run.message == "PostgreSQL has no database nope, nada; it has orders, we=ird '\\ name");
  CHECK(dumping(server).empty());
}

TEST_CASE("backup: without pg_dump on the server its package is named") {
  FakeServer server;
  server.stub(script("command -v"), Reply::exits(127));
  const TaskRun run = run_database(server, dump_of("orders"));
  CHECK(run.message == "there is no pg_dump on the server; install postgresql-client there");
}

TEST_CASE("backup: a list of databases that is none is refused") {
  FakeServer server;
  has_postgresql(server, GENERATE("orders\n", "6f72\t1\t2\n"));
  CHECK(run_database(server, dump_of("orders")).message.find("the list of databases holds what is none") == 0);
}

TEST_CASE("backup: a dry run says what would be copied, and how large it is") {
  FakeServer server;
  has_postgresql(server, sizes);
  CHECK(run_database(server, dump_of("all"), true).outcome == Outcome::ok);
  CHECK(server.summary == "would copy PostgreSQL orders (9.5 MiB), we=ird '\\ name; 9.5 MiB in all; with roles and "
                          "tablespaces");
  CHECK(server.refused.empty());
  CHECK(server.store.copies.empty());
  CHECK(dumping(server).empty());
}
