// What is the same for all engines, told by one of them: a copy is made whole or not at all.
#include <catch2/catch.hpp>

#include "backup/database/database_testing.hpp"

using namespace maintain::plugins::backup::testing;
using maintain::plugins::backup::DatabaseTask;

namespace {

const std::string whole = "CREATE TABLE t (a int);\n-- Dump completed on 2026-11-29  6:16:24\n";

// "orders", "customers".
constexpr const char* two_names = "6F7264657273\n637573746F6D657273\n";
const Json both = {{"engine", "mariadb"}, {"database", {"orders", "customers"}}};

void has_two_databases(FakeServer& server) {
  has_tool(server, "mariadb-dump", "mariadb-dump  Ver 10.19 Distrib 10.11.19-MariaDB");
  has_tool(server, "mariadb", "mariadb  Ver 15.1 Distrib 10.11.19-MariaDB");
  server.stub(argv({"mariadb"}), {.output = two_names});
}

Matcher dump_of(const std::string& database) {
  return where("dumps " + database, [database](const SeenCommand& command) {
    return command.bulk && !command.argv.empty() && command.argv.back() == database;
  });
}

}  // namespace

TEST_CASE("backup: several databases are one copy with a file for each") {
  FakeServer server;
  has_two_databases(server);
  server.stub(dump_of("orders"), {.output = whole});
  server.stub(dump_of("customers"), {.output = "x\n" + whole});
  CHECK(run_database(server, both).outcome == Outcome::ok);
  REQUIRE(server.store.copies.size() == 1);
  const FakeCopy& copy = server.store.copies.front();
  CHECK(copy.state == "verified");
  CHECK(copy.source == "MariaDB orders, customers");
  CHECK(copy.engine == "mariadb");
  CHECK(stored(server, "orders.sql") == whole);
  CHECK(stored(server, "customers.sql") == "x\n" + whole);
  CHECK(facts(server)["details"]["databases"] ==
        Json{{{"name", "orders"}, {"file", "orders.sql"}, {"bytes", whole.size()}},
             {{"name", "customers"}, {"file", "customers.sql"}, {"bytes", whole.size() + 2}}});
  CHECK(facts(server)["verified"] == Json{{{"how", "end of the dump"}, {"detail", "2 dumps"}}});
  CHECK(server.output.empty());  // dumps are no output of a task
}

TEST_CASE("backup: a dump runs over the bulk connection, without bound but that of time, and only reads") {
  FakeServer server;
  has_two_databases(server);
  server.stub(dump_of("orders"), {.output = whole});
  CHECK(run_database(server, {{"engine", "mariadb"}, {"database", "orders"}}).outcome == Outcome::ok);
  REQUIRE(dumping(server).size() == 1);
  const SeenCommand command = dumping(server).front();
  CHECK(command.read_only);
  CHECK(command.quiet);
  CHECK(command.output_limit == std::numeric_limits<std::uint64_t>::max());
  CHECK(command.idle_timeout == std::chrono::minutes(10));
  CHECK(command.script.empty());
}

TEST_CASE("backup: when one dump fails there is no copy, and all that fail are told") {
  FakeServer server;
  has_two_databases(server);
  server.stub(dump_of("orders"), {.status = 2, .output = "CREATE", .error_output = "first\n\nView 'v' is broken\n"});
  server.stub(dump_of("customers"), {.output = "CREATE TABLE"});  // ends early, and says nothing
  CHECK(run_database(server, both).outcome == Outcome::failed);
  CHECK(server.store.copies.empty());
  CHECK(server.store.abandoned == 1);
  CHECK_FALSE(std::filesystem::exists(server.store.draft_path()));
  CHECK(server.store.prunes.empty());
  const Finding* orders = server.find("backup.dump_failed", "orders");
  REQUIRE(orders != nullptr);
  CHECK(orders->state == State::critical);
  CHECK(orders->title == "no copy was made: the dump of orders failed: mariadb-dump ended with exit status 2");
  CHECK(orders->detail == "first\nView 'v' is broken");
  const Finding* customers = server.find("backup.dump_failed", "customers");
  REQUIRE(customers != nullptr);
  CHECK(customers->title ==
        "no copy was made: the dump of customers failed: mariadb-dump succeeded, but it ends early: the line \"-- Dump "
        "completed\" is missing at its end");
  CHECK(server.summary == "no copy was made: the dump of orders and 1 other failed");
}

TEST_CASE("backup: a whole dump of a program that failed is none") {
  FakeServer server;
  has_two_databases(server);
  const bool killed = GENERATE(true, false);
  server.stub(dump_of("orders"), {.status = killed ? 0 : 1, .output = whole, .signal = killed ? 9 : 0});
  CHECK(run_database(server, {{"engine", "mariadb"}, {"database", "orders"}}).outcome == Outcome::failed);
  CHECK(server.store.copies.empty());
  REQUIRE(server.find("backup.dump_failed") != nullptr);
  CHECK(server.find("backup.dump_failed")->title.find(killed ? "signal 9" : "exit status 1") != std::string::npos);
}

TEST_CASE("backup: a connection that breaks, or a time that ends, leaves nothing behind") {
  const maintain_status status = GENERATE(MAINTAIN_CONNECTION_LOST, MAINTAIN_TIMEOUT, MAINTAIN_CANCELLED);
  FakeServer server;
  has_two_databases(server);
  server.stub(dump_of("orders"),
              {.output = whole, .error_output = "still going\n", .failure = status, .message = "gone"});
  const TaskRun run = run_database(server, both);
  CHECK(run.status == status);
  CHECK(run.message == "the dump of orders was cut off: gone (still going)");
  CHECK(server.store.copies.empty());
  CHECK(server.store.abandoned == 1);
  CHECK_FALSE(std::filesystem::exists(server.store.draft_path()));
  CHECK(dumping(server).size() == 1);  // the other one is not tried
}

TEST_CASE("backup: a full disk and a bound of the task end the dump") {
  FakeServer server;
  has_two_databases(server);
  server.stub(dump_of("orders"), {.output = std::string(3000, 'x') + "\n" + whole});
  Json options = {{"engine", "mariadb"}, {"database", "orders"}};
  if (GENERATE(true, false)) server.store.full_after = 1000;
  else options["max_bytes"] = "1KiB";
  const TaskRun run = run_database(server, options);
  CHECK(run.status == MAINTAIN_REFUSED);
  CHECK(run.message.find("the dump of orders was cut off: ") == 0);
  CHECK(server.store.copies.empty());
  CHECK_FALSE(std::filesystem::exists(server.store.draft_path()));
}

TEST_CASE("backup: endless complaints are not kept") {
  FakeServer server;
  has_two_databases(server);
  server.stub(dump_of("orders"),
              {.status = 1, .error_output = std::string(40'000'000, 'x') + "\nthe reason\n"});
  CHECK(run_database(server, {{"engine", "mariadb"}, {"database", "orders"}}).outcome == Outcome::failed);
  REQUIRE(server.find("backup.dump_failed") != nullptr);
  CHECK(server.find("backup.dump_failed")->detail.size() < 5000);
  CHECK(server.find("backup.dump_failed")->detail.ends_with("the reason"));
}

TEST_CASE("backup: a quarantined copy fails the task, and no older one goes for it") {
  FakeServer server;
  has_two_databases(server);
  server.stub(dump_of("orders"), {.output = whole});
  server.store.quarantine = "it is far smaller";
  const TaskRun run = run_database(server, {{"engine", "mariadb"}, {"database", "orders"}, {"drop", 0.2}});
  CHECK(run.outcome == Outcome::failed);
  CHECK(server.find("backup.quarantined") != nullptr);
  CHECK(facts(server)["drop"] == 0.2);
  CHECK(server.store.prunes.empty());
}

TEST_CASE("backup: after a verified copy the task's policy says what goes") {
  FakeServer server;
  has_two_databases(server);
  server.stub(dump_of("orders"), {.output = whole});
  CHECK(run_database(server, {{"engine", "mariadb"}, {"database", "orders"}, {"keep", {{"daily", 7}}},
                              {"min_verified", 4}}).outcome == Outcome::ok);
  CHECK(server.store.prunes == std::vector<Json>{{{"keep", {{"daily", 7}}}, {"min_verified", 4}}});
}

TEST_CASE("backup: as long as a quarantined copy waits, each run says so") {
  FakeServer server;
  has_two_databases(server);
  server.stub(dump_of("orders"), {.output = whole});
  server.store.add({.id = "20261101T030000Z", .state = "quarantined", .bytes = 7});
  CHECK(run_database(server, {{"engine", "mariadb"}, {"database", "orders"}}).outcome == Outcome::ok);
  const Finding* finding = server.find("backup.quarantined", "20261101T030000Z");
  REQUIRE(finding != nullptr);
  CHECK(finding->title == "MariaDB orders: a quarantined copy waits for you (7 bytes)");
  CHECK_THAT(finding->action, Catch::Contains("maintain backups accept web1 shop/task 20261101T030000Z"));
}

TEST_CASE("backup: as long as a damaged copy is there, each run says so") {
  FakeServer server;
  has_two_databases(server);
  server.stub(dump_of("orders"), {.output = whole});
  server.store.add({.id = "20261101T030000Z", .state = "damaged", .reason = "data/orders.dump: other content"});
  CHECK(run_database(server, {{"engine", "mariadb"}, {"database", "orders"}}).outcome == Outcome::ok);
  const Finding* finding = server.find("backup.damaged", "20261101T030000Z");
  REQUIRE(finding != nullptr);
  CHECK(finding->state == State::critical);
  CHECK_THAT(finding->title, Catch::EndsWith("is damaged: data/orders.dump: other content"));
  CHECK_THAT(finding->action, Catch::EndsWith("accept web1 shop/task 20261101T030000Z --discard"));
}

TEST_CASE("backup: another process that writes copies is left alone") {
  FakeServer server;
  has_two_databases(server);
  server.store.busy = true;
  CHECK(run_database(server, both).status == MAINTAIN_BUSY);
  CHECK(server.store.abandoned == 0);
  CHECK(dumping(server).empty());
}

TEST_CASE("backup: options that an engine would ignore are refused, by name") {
  DatabaseTask task;
  const auto problem = [&](Json options) { return validate_options(task, options).value_or(""); };
  CHECK(problem({{"engine", "postgresql"}, {"database", "all"}}) == "");
  CHECK(problem({{"engine", "postgresql"}}).find("needs `database`") != std::string::npos);
  CHECK(problem({{"engine", "sqlite"}, {"database", "all"}}).find("/database: ") == 0);
  CHECK(problem({{"engine", "sqlite"}, {"database", "shop.db"}}).find("/database: ") == 0);
  CHECK(problem({{"engine", "mariadb"}, {"database", {"a", "a"}}}) == "/database: 'a' is there twice");
  CHECK(problem({{"engine", "mariadb"}, {"database", "a"}, {"format", "plain"}}).find("/format: ") == 0);
  CHECK(problem({{"engine", "mariadb"}, {"database", "a"}, {"trailer", "x"}}).find("/trailer: ") == 0);
  CHECK(problem({{"engine", "postgresql"}, {"database", "a"}, {"defaults_file", "/x"}}).find("/defaults_file: ") == 0);
  CHECK(problem({{"engine", "sqlite"}, {"database", "/a"}, {"exclude_table_data", {"x"}}}).find("/exclude_t") == 0);
  CHECK(problem({{"engine", "command"}}).find("needs `command`") != std::string::npos);
  CHECK(problem({{"engine", "command"}, {"command", {"", "x"}}}).find("/command/0: ") == 0);
  CHECK(problem({{"engine", "command"}, {"command", "x"}, {"database", "a"}}).find("/database: ") == 0);
  CHECK(problem({{"engine", "postgresql"}, {"database", "a"}, {"layout", "legacy"}}).find("/layout: ") == 0);
  CHECK(problem({{"engine", "postgresql"}, {"database", "a"}, {"layout", "legacy"}, {"format", "plain"}}) == "");
  CHECK(problem({{"engine", "mariadb"}, {"database", "a"}, {"max_bytes", "x"}}).find("/max_bytes: ") == 0);
}
