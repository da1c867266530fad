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
