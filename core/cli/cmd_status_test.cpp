#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "cli/collect_backups.hpp"
#include "cli/commands.hpp"
#include "cli/testing.hpp"
#include "store/sqlite_store.hpp"

using namespace maintain;
using namespace maintain::testing;

namespace {

// web1 and db1, with a store of copies; web1's task is known to the state store.
struct Fleet : Scratch {
  Fleet() : Scratch("paths: {state: .}\n", "servers: [web1, db1]\n") {
    now = std::chrono::floor<Seconds>(std::chrono::system_clock::now());
  }
  std::string add(const TaskKey& key, Seconds ago, const std::string& content) const {
    return add_at(now - ago, key, {content});
  }
  void declare(Seconds max_age) const {
    const auto store = open_sqlite_store(path / "state.sqlite", Access::read_write);
    REQUIRE(store);
    TaskStatus status;
    status.key = orders;
    status.max_age = max_age;
    REQUIRE((*store)->save_task_statuses("web1", {status}, now));
  }
  // A run in which the drill of the task ended so.
  void drill(Outcome outcome) const {
    const auto store = open_sqlite_store(path / "state.sqlite", Access::read_write);
    REQUIRE(store);
    Run run;
    run.id = "20261129T000000Z-0001";
    run.started = now;
    REQUIRE((*store)->begin_run(run));
    TaskCommit commit;
    commit.run_id = run.id;
    commit.result.server = "web1";
    commit.result.project = "shop";
    commit.result.task = "orders.drill";
    commit.result.type = "backup.drill";
    commit.result.outcome = outcome;
    commit.result.started = commit.result.finished = now;
    REQUIRE((*store)->commit_task(commit));
  }

  std::string status(const std::string& arguments = "", bool json = false) {
    return run(add_status_command, "status " + arguments, json);
  }
  nlohmann::json backups_of_status(const std::string& arguments = "") {
    return nlohmann::json::parse(status(arguments, true)).at("backups");
  }
};

using std::chrono::hours;
using Catch::Contains;

}  // namespace

TEST_CASE("status: who has no copies is told nothing of them") {
  Fleet fleet;
  CHECK_THAT(fleet.status(), !Contains("BACKUP"));
  CHECK(fleet.backups_of_status() == nlohmann::json::array());
  CHECK(fleet.exit_status == ExitStatus::well);
}

TEST_CASE("status: copies of the servers that are asked for") {
  Fleet fleet;
  fleet.declare(hours(26));
  fleet.add(orders, hours(30), "rows");
  fleet.add(orders, hours(28), "");  // too small beside the one before
  fleet.add({"db1", "", "users"}, hours(1), "rows");
  fleet.add({"former", "", "users"}, hours(1), "rows");

  const std::string all = fleet.status();
  CHECK_THAT(all, Contains("shop/orders") && Contains("1d 6h stale") && Contains("1 copy quarantined") &&
                      Contains("no drill yet") && Contains("db1") && !Contains("former"));
  CHECK_THAT(fleet.status("db1"), Contains("users") && !Contains("shop/orders"));

  const auto told = fleet.backups_of_status("web1");
  REQUIRE(told.size() == 1);
  CHECK(told[0]["task"] == "orders");
  CHECK(told[0]["newest"]["bytes"] == 4);
  CHECK(told[0]["stale"] == true);
  CHECK(told[0]["quarantined"].size() == 1);
  CHECK(told[0]["last_drill"].is_null());
  CHECK(told[0]["lacks_drill"] == true);
}

TEST_CASE("status: a damaged copy is no newest verified one, and is told") {
  Fleet fleet;
  fleet.declare(hours(26));
  const std::string whole = fleet.add(orders, hours(30), "rows");
  const std::string damaged = fleet.add(orders, hours(2), "rows");
  std::ofstream(fleet.backups() / "web1/shop/orders" / damaged / "manifest.json") << "{";
  CHECK_THAT(fleet.status(), Contains("1 copy DAMAGED") && Contains("1d 6h stale"));
  const auto told = fleet.backups_of_status();
  CHECK(told[0]["damaged"] == nlohmann::json{damaged});
  CHECK(told[0]["newest"]["id"] == whole);
}

TEST_CASE("status: a drill that is no task of a project counts, too") {
  Fleet fleet;
  fleet.declare(hours(26));
  fleet.add(orders, hours(1), "rows");
  SECTION("it passed") {
    fleet.drill(Outcome::ok);
    CHECK(fleet.backups_of_status()[0]["last_drill"]["passed"] == true);
    CHECK_THAT(fleet.status(), Contains("passed ") && !Contains("no drill"));
  }
  SECTION("it failed before it came to the copies") {
    fleet.drill(Outcome::failed);
    CHECK_THAT(fleet.status(), Contains("no drill yet"));
  }
}

TEST_CASE("status: a server's state does not decide whether its copies are told") {
  Fleet fleet;  // nothing has ever run with this state
  fleet.add(orders, hours(1), "rows");
  CHECK_THAT(fleet.status(), Contains("shop/orders") && Contains("no such task is known"));
}

TEST_CASE("status: copies that cannot be read are not passed over in silence") {
  Fleet fleet;
  fleet.declare(hours(26));
  SECTION("no directory") { REQUIRE(write_file_atomically(fleet.backups(), "")); }
  SECTION("no directory of a server") {
    REQUIRE(make_directories(fleet.backups(), 0700));
    REQUIRE(write_file_atomically(fleet.backups() / "web1", ""));
  }
  const std::string text = fleet.status();
  CHECK_THAT(text, Contains("orders") && !Contains("NEWEST"));
  CHECK(fleet.exit_status == ExitStatus::findings);
  CHECK(fleet.backups_of_status().is_null());
}

TEST_CASE("collect_backups: says what it cannot read, and as whom to do it") {
  Fleet fleet;
  REQUIRE(write_file_atomically(fleet.backups(), ""));
  const auto collected = collect_backups(fleet.backups(), {}, {}, {});
  REQUIRE_FALSE(collected);
  CHECK_THAT(collected.error().describe(), Contains("cannot read the copies in " + fleet.backups().string()) &&
                                               Contains("Not a directory"));
}
