// After the boot: is everything back, and does it stay so.
#include <catch2/catch.hpp>

#include "reboot/test_server.hpp"

using namespace maintain::plugins::reboot::test;

TEST_CASE("a service that does not come back is told with its journal, until it is mended") {
  World world;
  world.units += unit("shop.service");
  world.after_boot = [](World& w) { w.units = unit("nginx.service") + unit("shop.service", "failed", "failed"); };
  world.expect_order();
  CHECK(world.run().outcome == Outcome::changed);
  const auto* finding = world.server.find("reboot.service_broken", "shop.service");
  REQUIRE(finding != nullptr);
  CHECK(finding->state == State::critical);
  CHECK_THAT(finding->detail, Catch::Contains("bind() failed"));
  CHECK(world.server.find("reboot.service_broken", "nginx.service") == nullptr);

  world.later(48h);  // nothing to do, but still broken
  CHECK(world.run().outcome == Outcome::ok);
  CHECK(world.server.find("reboot.service_broken", "shop.service") != nullptr);

  world.later(48h);
  world.units = unit("nginx.service") + unit("shop.service");
  CHECK(world.run().outcome == Outcome::ok);
  CHECK(world.server.findings.empty());
  CHECK_FALSE(world.server.state.contains("watch"));
}

TEST_CASE("a service that needs a while is no news") {
  World world;
  world.after_boot = [](World& w) {
    w.units = unit("nginx.service", "activating", "start");
    w.server.at(80s, [&w](FakeServer&) { w.units = unit("nginx.service"); });
  };
  world.expect_order();
  const Moment start = world.server.now();
  CHECK(world.run().outcome == Outcome::changed);
  CHECK(world.server.findings.empty());
  CHECK(world.server.now() - start >= 90s);  // it was looked at until it had been stable for ten seconds
}

TEST_CASE("a service that fails late is still seen") {
  World world;
  world.after_boot = [](World& w) {
    w.server.at(60s, [&w](FakeServer&) { w.units = unit("nginx.service", "failed", "failed"); });
  };
  world.expect_order();
  CHECK(world.run({.options = {{"stable_for", "40s"}}}).outcome == Outcome::changed);
  CHECK(world.server.find("reboot.service_broken", "nginx.service") != nullptr);
}

TEST_CASE("a server that goes down again by itself is told of") {
  World world;
  world.after_boot = [](World& w) {
    w.server.at(50s, [&w](FakeServer&) { w.boot = "33333333-3333-4333-8333-333333333333"; });
  };
  world.expect_order();
  CHECK(world.run({.options = {{"stable_for", "40s"}}}).outcome == Outcome::changed);
  CHECK(world.server.find("reboot.booted_again") != nullptr);
}

TEST_CASE("the task's own deadline before the server's: the next run goes on") {
  World world;
  world.comes_back = 10min;
  world.expect_order();
  CHECK(world.run({.deadline = world.server.now() + 3min}).outcome == Outcome::skipped);
  CHECK(world.server.findings.empty());
  CHECK(world.server.collected_jobs.empty());
  world.later(10min);
  CHECK(world.run().outcome == Outcome::changed);
  CHECK(world.orders() == 0);
}

TEST_CASE("a server that does not come to rest is told of, not taken for well") {
  World world;
  world.after_boot = [](World& w) {
    for (int i = 0; i < 60; ++i)
      w.server.at(40s + i * 7s, [&w, i](FakeServer&) {
        w.units = i % 2 == 0 ? unit("nginx.service", "failed", "failed") : unit("nginx.service");
      });
  };
  world.expect_order();
  CHECK(world.run({.options = {{"group", "db"}}, .server = "db1"}).outcome == Outcome::changed);
  REQUIRE(world.server.find("reboot.not_stable") != nullptr);
  CHECK(world.server.find("reboot.not_stable")->state == State::warning);
  CHECK_THAT(world.server.summary, Catch::Contains("has not come to rest"));
  CHECK(world.server.locks["reboot-db"].contains("db1"));
}

TEST_CASE("the task's deadline before the server has come to rest: the next run verifies") {
  World world;
  world.expect_order();
  const RunOptions options{.options = {{"stable_for", "2m"}}, .deadline = world.server.now() + 90s};
  CHECK(world.run(options).outcome == Outcome::skipped);
  CHECK(world.server.findings.empty());
  CHECK(world.server.collected_jobs.empty());
  CHECK(world.server.state.at("order").at("back_at").is_number());
  world.later(10min);
  CHECK(world.run({.options = options.options, .deadline = world.server.now() + 3min}).outcome == Outcome::changed);
  CHECK(world.server.findings.empty());
  CHECK(world.orders() == 0);
}

TEST_CASE("a task that never has the time to verify says so in the end") {
  World world;
  world.expect_order();
  RunOptions options{.options = {{"stable_for", "2m"}}, .deadline = world.server.now() + 90s};
  CHECK(world.run(options).outcome == Outcome::skipped);
  world.later(3h);
  options.deadline = world.server.now() + 90s;
  CHECK(world.run(options).outcome == Outcome::changed);
  CHECK(world.server.find("reboot.not_stable") != nullptr);
}

TEST_CASE("a server that falls silent after the boot has not 'not come back'") {
  World world;
  world.after_boot = [](World& w) {
    w.server.stub(script("section units"), Reply::fails(MAINTAIN_CONNECTION_LOST, "connection refused"));
  };
  world.expect_order();
  CHECK(world.run({.options = {{"return_within", "1m"}}}).outcome == Outcome::failed);
  REQUIRE(world.server.find("reboot.server_gone") != nullptr);
  CHECK(world.server.find("reboot.server_gone")->title ==
        "the server came back from the reboot, and does not answer any more");
  CHECK_FALSE(world.server.find("reboot.server_gone")->action.empty());
}

TEST_CASE("a service that was taken away is not told of for ever") {
  World world;
  world.units += unit("shop.service");
  world.after_boot = [](World& w) { w.units = unit("nginx.service"); };
  world.expect_order();
  CHECK(world.run().outcome == Outcome::changed);
  REQUIRE(world.server.find("reboot.service_broken", "shop.service") != nullptr);
  SECTION("it is not there when the next reboot is ordered") {
    world.later(48h);
    world.flag = "yes 1795300000 1795303600";
    world.boot = old_boot;
    world.booted = false;
    world.ordered.reset();
    world.expect_order();
    CHECK(world.run().outcome == Outcome::changed);
    CHECK_FALSE(world.server.state.contains("watch"));
  }
  SECTION("thirty days have passed") {
    world.later(29 * 24h);
    CHECK(world.run().outcome == Outcome::ok);
    CHECK(world.server.find("reboot.service_broken", "shop.service") != nullptr);
    world.later(2 * 24h);
    CHECK(world.run().outcome == Outcome::ok);
    CHECK(world.server.findings.empty());
    CHECK_FALSE(world.server.state.contains("watch"));
  }
}

TEST_CASE("a service that has been failing since an earlier reboot is told of after the next one, too") {
  World world;
  world.after_boot = [](World& w) { w.units = unit("nginx.service", "failed", "failed"); };
  world.expect_order();
  CHECK(world.run().outcome == Outcome::changed);
  world.later(48h);
  world.flag = "yes 1795300000 1795303600";
  world.boot = old_boot;
  world.booted = false;
  world.ordered.reset();
  world.expect_order();
  SECTION("in the run that orders it") {}
  SECTION("in the one that verifies it") {
    world.comes_back = 3h;
    CHECK(world.run().outcome == Outcome::failed);
    world.later(3h);
  }
  CHECK(world.run().outcome == Outcome::changed);
  CHECK(world.server.find("reboot.service_broken", "nginx.service") != nullptr);
  world.later(48h);
  CHECK(world.run().outcome == Outcome::ok);
  CHECK(world.server.find("reboot.service_broken", "nginx.service") != nullptr);
}
