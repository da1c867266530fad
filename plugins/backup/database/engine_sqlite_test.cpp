#include <catch2/catch.hpp>

#include "backup/database/database_testing.hpp"
#include "backup/drill/real_programs.hpp"

using namespace maintain::plugins::backup::testing;

namespace {

constexpr const char* path = "/srv/shop/db.sqlite3";
const std::string head = "PRAGMA encoding='UTF-8';\nPRAGMA page_size=4096;\nPRAGMA auto_vacuum=0;\n";
const std::string tail = "PRAGMA user_version=7;\nPRAGMA application_id=42;\n-- Dump completed\n";
const std::string whole = head +
                          "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t(a integer primary key,b);\n"
                          "INSERT INTO t VALUES(1,X'00ff');\nCOMMIT;\n" + tail;

Matcher asks(const std::string& of, const std::string& part) {
  return where("asks sqlite3 for " + part, [of, part](const SeenCommand& command) {
    if (command.argv.empty() || command.argv[0] != "sqlite3") return false;
    const auto has = [&](const std::string& text) {
      return std::any_of(command.argv.begin(), command.argv.end(),
                         [&](const std::string& word) { return word.find(text) != std::string::npos; });
    };
    return has(of) && has(part) && has("-readonly");
  });
}

// As `file` has to be asked on its server; the last stub wins.
void has_sqlite(FakeServer& server, const std::string& file = path) {
  has_tool(server, "sqlite3", "3.40.1 2022-12-28 14:03:47 df5c253c");
  server.stub(where("searches", [](const SeenCommand& command) { return !command.input.empty(); }), {});
  server.stub(asks(file, "journal_mode"), {.output = "32768\twal\n"});
  server.stub(asks(file, "quick_check"), {.output = "ok\n"});
  server.stub(asks(file, "instr"), {.output = "SELECT 't' WHERE EXISTS (SELECT 1 FROM \"t\" WHERE 1);\n"});
  server.stub(asks(file, ".dump"), {.output = whole});
}

// The maintenance server's sqlite3.
void can_load(FakeServer& server) {
  server.stub_local(argv({"/bin/sh", "-c"}), {.output = "          defensive off\noff\n"});
  server.stub_local(word("PRAGMA integrity_check(1)"), {.output = "ok\n1\n"});
}

Json dump_of(const Json& database) { return {{"engine", "sqlite"}, {"database", database}}; }

}  // namespace

TEST_CASE("backup: SQLite is dumped in one transaction, and the dump is loaded here for test") {
  FakeServer server;
  has_sqlite(server);
  can_load(server);
  Json options = dump_of(path);
  options["user"] = "shop";
  CHECK(run_database(server, options).outcome == Outcome::ok);
  CHECK(stored(server, "db.sqlite3.sql") == whole);
  CHECK(facts(server)["verified"] == Json{{{"how", "loaded, integrity_check"}, {"detail", "1 tables"}}});
  const Json database = facts(server)["details"]["databases"][0];
  CHECK(database["name"] == path);
  CHECK(database["source_bytes"] == 32768);
  CHECK(database["journal_mode"] == "wal");
  const SeenCommand command = dumping(server).front();
  CHECK(command.become_user == "shop");
  const auto begin = std::find(command.argv.begin(), command.argv.end(), "BEGIN");
  const auto dump = std::find(command.argv.begin(), command.argv.end(), ".dump --preserve-rowids");
  CHECK(begin < dump);
  CHECK(dump < command.argv.end());
  CHECK(command.argv.back() == "COMMIT");
  for (const SeenCommand& seen : server.commands)
    if (seen.local && seen.argv[0] == "/bin/sh") {
      CHECK(seen.argv[2].find("-safe") != std::string::npos);
      CHECK(seen.argv[4] == server.directory() + "/load.db");
    }
}

TEST_CASE("backup: rows of SQLite keep their numbers, by which a full-text index finds them") {
  FakeServer server;
  const std::string file = server.directory() + "/db";
  const auto really = [&](std::vector<std::string> words, const std::string& input = {}) {
    return maintain::plugins::backup::run_really({.argv = std::move(words), .input = input}, server.directory());
  };
  const Reply made = really(
      {"sqlite3", file, "CREATE TABLE t(x); INSERT INTO t VALUES('a'), ('b'), ('c'); DELETE FROM t WHERE x = 'b'"});
  if (made.status == 127) {
    WARN("not tested: there is no sqlite3 here");
    return;
  }
  has_sqlite(server, file);
  can_load(server);
  CHECK(run_database(server, dump_of(file)).outcome == Outcome::ok);
  const Reply dumped = really(dumping(server).front().argv);
  CHECK(really({"sqlite3"}, dumped.output + "SELECT rowid FROM t WHERE x = 'c';\n").output == "3\n");
}

TEST_CASE("backup: a dump of SQLite that was rolled back is none, though sqlite3 succeeds") {
  FakeServer server;
  has_sqlite(server);
  server.stub(asks(path, ".dump"),
              {.output = head + "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nROLLBACK; -- due to errors\n" + tail});
  CHECK(run_database(server, dump_of(path)).outcome == Outcome::failed);
  CHECK(server.store.copies.empty());
  REQUIRE(server.find("backup.dump_failed", path) != nullptr);
  CHECK(server.find("backup.dump_failed")->title.find("the line \"COMMIT;\" is missing") != std::string::npos);
}

TEST_CASE("backup: a damaged SQLite database is not copied") {
  FakeServer server;
  has_sqlite(server);
  server.stub(asks(path, "quick_check"),
              {.status = 1,
               .output = "*** in database main ***\nPage 23: btreeInitPage() returns error code 11\n",
               .error_output = "Error: stepping, database disk image is malformed (11)\n"});
  CHECK(run_database(server, dump_of(path)).outcome == Outcome::failed);
  const Finding* finding = server.find("backup.source_damaged", path);
  REQUIRE(finding != nullptr);
  CHECK(finding->state == State::critical);
  CHECK(finding->detail.find("Page 23") != std::string::npos);
  CHECK(server.summary == std::string("no copy was made: SQLite ") + path + " is damaged");
  CHECK(dumping(server).empty());
}

TEST_CASE("backup: text that SQLite's dump cuts off makes the copy unverified") {
  FakeServer server;
  has_sqlite(server);
  can_load(server);
  server.stub(where("searches", [](const SeenCommand& command) {
    return command.input.find("WHERE EXISTS") != std::string::npos;
  }), {.output = "t\n"});
  CHECK(run_database(server, dump_of(path)).outcome == Outcome::failed);
  CHECK(server.store.copies.front().state == "unverified");
  REQUIRE(server.find("backup.text_cut", path) != nullptr);
  CHECK(server.find("backup.text_cut")->title.find("tables: t") != std::string::npos);
}

TEST_CASE("backup: a dump of SQLite that cannot be loaded is none; one that cannot be tried is unverified") {
  FakeServer server;
  has_sqlite(server);
  SECTION("not SQL") {
    server.stub_local(argv({"/bin/sh", "-c"}), Reply::exits(1, "Parse error near line 7: no such table: t\n"));
    CHECK(run_database(server, dump_of(path)).outcome == Outcome::failed);
    REQUIRE(server.find("backup.dump_failed") != nullptr);
    CHECK(server.find("backup.dump_failed")->title.find("Parse error near line 7") != std::string::npos);
  }
  SECTION("damaged") {
    can_load(server);
    server.stub_local(word("PRAGMA integrity_check(1)"), {.output = "row 1 missing from index i\n1\n"});
    CHECK(run_database(server, dump_of(path)).outcome == Outcome::failed);
    CHECK(server.store.copies.empty());
  }
  SECTION("no sqlite3, or an old one") {
    server.stub_local(argv({"/bin/sh", "-c"}),
                      GENERATE(Reply::exits(127, "sh: 1: exec: sqlite3: not found\n"),
                               Reply::exits(1, "sqlite3: Error: unknown option: -safe\n")));
    CHECK(run_database(server, dump_of(path)).outcome == Outcome::failed);
    CHECK(server.store.copies.front().state == "unverified");
    CHECK(server.find("backup.tool_missing", "sqlite3") != nullptr);
  }
  SECTION("no room") {
    server.stub_local(argv({"/bin/sh", "-c"}), GENERATE(Reply::exits(1, "Error: database or disk is full\n"),
                                                        Reply{.signal = 25}));
    CHECK(run_database(server, dump_of(path)).outcome == Outcome::failed);
    CHECK(server.store.copies.front().state == "unverified");
    CHECK(server.find("backup.no_room") != nullptr);
  }
}

TEST_CASE("backup: two SQLite databases of the same name have files of their own") {
  FakeServer server;
  has_sqlite(server, "/srv/a/db");
  has_sqlite(server, "/srv/b/db");
  can_load(server);
  CHECK(run_database(server, dump_of({"/srv/a/db", "/srv/b/db"})).outcome == Outcome::ok);
  CHECK(stored(server, "%2Fsrv%2Fa%2Fdb.sql") == whole);
  CHECK(stored(server, "%2Fsrv%2Fb%2Fdb.sql") == whole);
}

TEST_CASE("backup: a SQLite database that cannot be opened is told with what to look at") {
  FakeServer server;
  has_sqlite(server);
  server.stub(asks(path, "journal_mode"),
              Reply::exits(1, "Error: unable to open database \"x\": unable to open database file\n"));
  const TaskRun run = run_database(server, dump_of(path));
  CHECK(run.status == MAINTAIN_FAILED);
  CHECK(run.message.find("unable to open database file; see that it is there and that the user of the connection may "
                         "read it") != std::string::npos);
}

TEST_CASE("backup: a dry run of SQLite looks at the size only") {
  FakeServer server;
  has_tool(server, "sqlite3", "3.40.1");
  server.expect(asks(path, "journal_mode")).reply("32768\tdelete\n");
  CHECK(run_database(server, dump_of(path), true).outcome == Outcome::ok);
  CHECK(server.summary == std::string("would copy SQLite ") + path + " (32.0 KiB)");
  CHECK(server.refused.empty());
}
