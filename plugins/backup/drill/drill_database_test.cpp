// Drills with the real engines, where they are installed.
#include <unistd.h>

#include <filesystem>

#include <catch2/catch.hpp>

#include "backup/drill/drill_task.hpp"
#include "backup/drill/real_programs.hpp"
#include "backup/drill/scratch_engine.hpp"

using namespace maintain;
using namespace maintain::plugins::backup;
using sdk::Json;

namespace {

std::string testdata(const std::string& name) { return content_of_file(std::string(MAINTAIN_TESTDATA) + "/" + name); }

// False, and said so, when the engine cannot be started here.
bool available(const std::string& engine) {
  if (const std::string why = why_not_confined(); !why.empty()) {
    WARN("not tested: " << why);
    return false;
  }
  try {
    make_scratch_engine(engine)->require();
    return true;
  } catch (const DrillImpossible& missing) {
    WARN("not tested: " << missing.what());
    return false;
  }
}

struct DrillRun {
  sdk::testkit::FakeServer server;
  sdk::testkit::TaskRun run;

  DrillRun(const std::string& engine, std::map<std::string, std::string> files, Json assertions,
           const std::string& database = "") {
    run_local_programs_really(server);
    sdk::testkit::FakeCopy copy;
    copy.time = server.now();
    copy.engine = engine;
    copy.bytes = 2048;
    copy.content = std::move(files);
    server.store.add(copy);
    Json options = {{"parent", {{"type", "backup.database"}, {"options", {{"engine", engine}}}}},
                    {"assert", std::move(assertions)}};
    if (!database.empty()) options["database"] = database;
    DrillTask task;
    run = sdk::testkit::run_task(task, server, {.options = options});
    CHECK_FALSE(std::filesystem::exists(server.directory() + "/scratch"));
    for (const auto& finding : server.findings) said += finding.title + "\n" + finding.detail + "\n";
  }
  std::string said;  // by all findings
};

const std::string sqlite_dump =
    "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE orders (id integer, name text);\n"
    "INSERT INTO orders VALUES(1,'one');\nINSERT INTO orders VALUES(2,'two');\nCOMMIT;\n";
const std::string mariadb_dump =
    "/*!40101 SET NAMES utf8mb4 */;\nCREATE TABLE `orders` (`id` int, `name` varchar(20));\n"
    "INSERT INTO `orders` VALUES (1,'one'),(2,'zwölf');\n-- Dump completed\n";

}  // namespace

TEST_CASE("backup: a drill restores PostgreSQL's custom format, with its roles and owners") {
  if (!available("postgresql")) return;
  const DrillRun drill("postgresql",
                       {{"orders.dump", testdata("orders.dump")}, {"globals.sql", testdata("globals.sql")}},
                       {"select count(*) = 3 from orders",
                        "select tableowner = 'Shop Admin' from pg_tables where tablename = 'orders'",
                        "select count(*) from orders where id > 3", "select 1 from nothing"});
  CHECK(drill.run.message == "");
  CHECK(drill.run.outcome == sdk::Outcome::failed);
  CHECK(drill.server.summary.find("restored 2.0 KiB in ") == 0);
  CHECK(drill.server.summary.find(", 2 of 4 assertions hold") != std::string::npos);
  CHECK(drill.server.findings.size() == 2);
  const sdk::Finding* wrong = drill.server.find("backup.drill_failed", "select count(*) from orders where id > 3");
  REQUIRE(wrong != nullptr);
  CHECK(wrong->state == sdk::State::critical);
  CHECK(wrong->detail == "it gave: 0");
  const sdk::Finding* broken = drill.server.find("backup.drill_failed", "select 1 from nothing");
  REQUIRE(broken != nullptr);
  CHECK(broken->detail.find("relation \"nothing\" does not exist") != std::string::npos);
  CHECK(drill.server.metrics.at("drill_bytes") == 2048);
  CHECK(drill.server.metrics.count("drill_seconds") == 1);
  CHECK(drill.server.state["last"]["passed"] == false);
  CHECK(drill.server.state["last"]["held"] == 2);
}

TEST_CASE("backup: a drill restores PostgreSQL's SQL without the file of roles") {
  if (!available("postgresql")) return;
  const DrillRun drill("postgresql", {{"orders.sql", testdata("orders_postgresql.sql")}},
                       {"select count(*) = 3 from orders", "select has_table_privilege('reader', 'orders', 'select')"});
  CHECK(drill.run.outcome == sdk::Outcome::ok);
  CHECK(drill.said == "");
  CHECK(drill.server.state["last"]["passed"] == true);
}

TEST_CASE("backup: an extension that is not installed here says nothing against the copy") {
  if (!available("postgresql")) return;
  const DrillRun drill("postgresql", {{"x.sql", "CREATE EXTENSION no_such_extension;\n"}}, Json::array());
  CHECK(drill.run.outcome == sdk::Outcome::failed);
  const sdk::Finding* finding = drill.server.find("backup.drill_impossible");
  REQUIRE(finding != nullptr);
  CHECK(finding->state == sdk::State::critical);
  CHECK(finding->detail.find("no_such_extension") != std::string::npos);
  CHECK(drill.server.state == Json::object());
}

TEST_CASE("backup: a dump that was cut off fails its drill") {
  if (!available("postgresql")) return;
  const std::string whole = testdata("orders.dump");
  const DrillRun drill("postgresql", {{"orders.dump", whole.substr(0, whole.size() / 2)}}, Json::array());
  CHECK(drill.run.outcome == sdk::Outcome::failed);
  const sdk::Finding* finding = drill.server.find("backup.drill_failed");
  REQUIRE(finding != nullptr);
  CHECK(finding->title.find("reading the dump of orders failed") != std::string::npos);
  CHECK_FALSE(finding->detail.empty());
  CHECK(drill.server.state["last"]["passed"] == false);
}

TEST_CASE("backup: a drill restores MariaDB's dumps and asks the one that is meant") {
  if (!available("mariadb")) return;
  const DrillRun drill("mariadb", {{"orders.sql", mariadb_dump}, {"other.sql", "CREATE TABLE `x` (`y` int);\n"}},
                       {"select count(*) = 2 from orders", "select name = 'zwölf' from orders where id = 2"}, "orders");
  CHECK(drill.run.message == "");
  CHECK(drill.said == "");
  CHECK(drill.run.outcome == sdk::Outcome::ok);
}

TEST_CASE("backup: a drill restores SQLite's dumps") {
  if (!available("sqlite")) return;
  const DrillRun drill("sqlite", {{"shop.sql", sqlite_dump}}, {"select count(*) = 2 from orders", "select 0"});
  CHECK(drill.run.outcome == sdk::Outcome::failed);
  CHECK(drill.said == "restored from the copy 20261122T120000Z, this does not hold: select 0\nit gave: 0\n");
}

TEST_CASE("backup: a dump may not run programs in a drill") {
  if (!available("sqlite")) return;
  const std::string dump = sqlite_dump + ".shell touch /proc/self/fd/9/was_here\n";
  const DrillRun drill("sqlite", {{"shop.sql", dump}}, Json::array());
  CHECK(drill.run.outcome == sdk::Outcome::failed);
  REQUIRE(drill.server.find("backup.drill_failed") != nullptr);
  CHECK(drill.said.find("safe mode") != std::string::npos);
}

TEST_CASE("backup: the drill of a dump whose bytes have changed fails before it is restored") {
  sdk::testkit::FakeServer server;
  sdk::testkit::FakeCopy copy;
  copy.time = server.now();
  copy.engine = "sqlite";
  copy.content = {{"shop.sql", sqlite_dump}};
  server.store.add(copy);
  server.store.wrong = {{{"file", "data/shop.sql"}, {"problem", "other content"}}};
  DrillTask task;
  CHECK(sdk::testkit::run_task(task, server, {.options = Json::object()}).outcome == sdk::Outcome::failed);
  REQUIRE(server.find("backup.drill_failed") != nullptr);
  CHECK(server.find("backup.drill_failed")->detail == "data/shop.sql: other content");
  CHECK(server.commands.empty());
}

TEST_CASE("backup: a drill without a copy is put off: why there is none is the other task's to tell") {
  sdk::testkit::FakeServer server;
  DrillTask task;
  const auto run = sdk::testkit::run_task(task, server, {.options = {{"assert", Json::array()}}});
  CHECK(run.outcome == sdk::Outcome::skipped);
  CHECK(server.summary == "there is no verified copy yet");
}

TEST_CASE("backup: a dry run of a drill starts nothing") {
  sdk::testkit::FakeServer server;
  sdk::testkit::FakeCopy copy;
  copy.time = server.now();
  copy.engine = "postgresql";
  copy.bytes = 1024;
  server.store.add(copy);
  DrillTask task;
  const auto run = sdk::testkit::run_task(task, server, {.options = Json::object(), .check = true});
  CHECK(run.outcome == sdk::Outcome::ok);
  CHECK(server.commands.empty());
  CHECK(server.summary == "would restore the copy 20261122T120000Z (postgresql, 1.0 KiB) for test");
}

TEST_CASE("backup: the dump of a project's own command has no drill") {
  DrillTask task;
  const auto problem = sdk::testkit::validate_options(
      task, {{"parent", {{"type", "backup.database"}, {"options", {{"engine", "command"}}}}}});
  REQUIRE(problem);
  CHECK_THAT(*problem, Catch::Contains("no drill for 'engine: command'") && Catch::Contains("Leave 'drill' out"));
  CHECK_FALSE(sdk::testkit::validate_options(
      task, {{"parent", {{"type", "backup.database"}, {"options", {{"engine", "sqlite"}}}}}}));
}
