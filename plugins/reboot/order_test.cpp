// From the order to the boot, whatever comes in between.
#include <catch2/catch.hpp>

#include "reboot/test_server.hpp"

using namespace maintain::plugins::reboot::test;

TEST_CASE("no reboot needed: well, and quiet") {
  World world;
  world.flag = "no";
  const auto run = world.run();
  CHECK(run.outcome == Outcome::ok);
  CHECK(world.server.findings.empty());
  CHECK(world.server.summary == "no reboot needed (kernel 6.1.0-28-amd64)");
  CHECK(world.orders() == 0);
}

TEST_CASE("needed: ordered, followed and verified") {
  World world;
  world.kernel_after = "6.1.0-30-amd64";
  world.expect_order();
  const auto run = world.run();
  CHECK(run.outcome == Outcome::changed);
  CHECK(world.server.findings.empty());
  CHECK(world.server.summary ==
        "rebooted in 34s (kernel 6.1.0-28-amd64 -> 6.1.0-30-amd64), because of libc6, dbus");
  CHECK(world.server.collected_jobs == std::vector<std::string>{"order"});
  CHECK(world.server.metrics.at("reboot_seconds") == 34);
  CHECK_FALSE(world.server.state.contains("order"));
}

TEST_CASE("the intention is on the disk before the order is given") {
  World world;
  world.expect_order();
  world.run();
  REQUIRE_FALSE(world.server.checkpoints.empty());
  const Json& order = world.server.checkpoints.front().at("order");
  CHECK(order.at("stage") == "ordered");
  CHECK(order.at("boot").at("id") == old_boot);
  CHECK(order.at("reasons") == Json({"libc6", "dbus"}));
}

TEST_CASE("a check that fails is never a yes") {
  World world;
  world.check_fails = true;
  CHECK(world.run().outcome == Outcome::failed);
  REQUIRE(world.server.find("reboot.check_failed") != nullptr);
  CHECK(world.server.find("reboot.check_failed")->state == State::unknown);
  CHECK(world.orders() == 0);
}

TEST_CASE("how the reboot is ordered depends on the init system") {
  World world;
  world.expect_order();
  SECTION("systemd") {
    world.run();
    CHECK(std::any_of(world.server.commands.begin(), world.server.commands.end(), [](const auto& command) {
      return command.job == "order" && command.become_user == "root" &&
             command.script.find("exec systemctl reboot") != std::string::npos;
    }));
  }
  SECTION("another") {
    world.server.facts.init = "sysvinit";
    world.run();
    CHECK(std::any_of(world.server.commands.begin(), world.server.commands.end(), [](const auto& command) {
      return command.job == "order" && command.script.find("shutdown -r now") != std::string::npos;
    }));
  }
}

TEST_CASE("a run that is due only for a job that is gone orders nothing") {
  World world;
  CHECK(world.run({.reattach = true}).outcome == Outcome::skipped);
  CHECK(world.orders() == 0);
  world.expect_order();  // the next one, in the window
  CHECK(world.run({.scheduled = world.server.now()}).outcome == Outcome::changed);
}

TEST_CASE("one reboot per window, whatever the server says afterwards") {
  World world;
  world.expect_order();
  world.after_boot = [](World& w) { w.flag = "yes 1795303000 1795303600"; };
  RunOptions options{.window_end = world.server.now() + 30min};
  CHECK(world.run(options).outcome == Outcome::changed);
  world.later(10min);
  CHECK(world.run(options).outcome == Outcome::skipped);
  CHECK(world.orders() == 0);
  CHECK_THAT(world.server.summary, Catch::Contains("rebooted in this window already"));
  CHECK(world.server.findings.empty());
}

TEST_CASE("a server that does not come back is told of, and verified when it does") {
  World world;
  world.comes_back = 3h;
  world.expect_order();
  RunOptions options{.window_end = world.server.now() + 30min};
  CHECK(world.run(options).outcome == Outcome::failed);
  REQUIRE(world.server.find("reboot.server_gone") != nullptr);
  CHECK(world.server.find("reboot.server_gone")->state == State::critical);
  CHECK(world.server.state.at("order").at("stage") == "ordered");
  CHECK(world.server.collected_jobs.empty());  // so that the host comes back to it

  world.later(3h);
  world.server.facts.uptime_seconds = 15 * 60;  // it booted three hours after the order
  CHECK(world.run().outcome == Outcome::changed);
  CHECK(world.orders() == 0);
  CHECK(world.server.findings.empty());
  CHECK_THAT(world.server.summary, Catch::StartsWith("rebooted in 3h"));
  CHECK(world.server.collected_jobs.size() == 1);
}

TEST_CASE("an order that has no effect is critical, and not given again in the window") {
  World world;
  world.never_reboots = true;
  world.server.expect_job("order", {.takes = 1s});
  RunOptions options{.window_end = world.server.now() + 40min};
  CHECK(world.run(options).outcome == Outcome::failed);
  REQUIRE(world.server.find("reboot.did_not_happen") != nullptr);
  CHECK(world.server.find("reboot.did_not_happen")->state == State::critical);
  CHECK(world.server.collected_jobs.size() == 1);

  world.later(5min);
  CHECK(world.run(options).outcome == Outcome::skipped);
  CHECK(world.orders() == 0);

  SECTION("after the window it is tried again") {
    world.later(24h);
    world.never_reboots = false;
    world.ordered.reset();
    world.expect_order();
    CHECK(world.run().outcome == Outcome::changed);
    CHECK(world.orders() == 1);
  }
  SECTION("somebody reboots it by hand: verified") {
    world.later(1min);
    world.boot = new_boot;
    CHECK(world.run(options).outcome == Outcome::changed);
    CHECK(world.orders() == 0);
  }
}

TEST_CASE("a refused order is told at once, with the reason") {
  World world;
  world.never_reboots = true;
  world.server.expect_job("order", {.output = "Call to Reboot failed: Access denied\n", .status = 1, .takes = 1s});
  const Moment start = world.server.now();
  CHECK(world.run().outcome == Outcome::failed);
  CHECK(world.server.now() - start < 1min);
  REQUIRE(world.server.find("reboot.order_failed") != nullptr);
  CHECK_THAT(world.server.find("reboot.order_failed")->detail, Catch::Contains("Access denied"));

  SECTION("its job, which that run could not collect, is collected by the next one") {
    world.server.collected_jobs.clear();
    world.server.jobs["order"] = {.phase = maintain::sdk::JobPhase::finished, .status = 1};
    world.later(5min);
    CHECK(world.run({.reattach = true}).outcome == Outcome::skipped);
    CHECK(world.server.collected_jobs == std::vector<std::string>{"order"});
    CHECK(world.orders() == 0);
  }
}

TEST_CASE("killed after the order: the next run verifies and orders nothing") {
  World world;
  world.expect_order();
  world.server.cancel_at(10s);  // the server is down at that moment
  CHECK(world.run().status == MAINTAIN_CANCELLED);
  CHECK(world.server.state.at("order").at("stage") == "ordered");

  World next;  // the same server, three minutes later
  next.server.state = world.server.state;
  next.server.set_now(world.server.now());
  next.server.jobs["order"] = {.phase = maintain::sdk::JobPhase::lost, .started = world.server.now()};
  next.server.advance(3min);
  CHECK(next.run().outcome == Outcome::changed);
  CHECK(next.orders() == 0);
  CHECK(next.server.collected_jobs.size() == 1);
}

TEST_CASE("killed between writing the order down and giving it: nothing is ordered until the window is known again") {
  World world;
  world.expect_order();
  world.run();
  World next;
  next.server.state = world.server.checkpoints.front();
  next.server.set_now(world.server.now());
  next.server.advance(GENERATE(Milliseconds(10s), Milliseconds(1h)));
  next.server.expect(argv({"/srv/undrain"})).reply("");
  CHECK(next.run({.options = {{"run_after", {"/srv/undrain"}}}}).outcome == Outcome::skipped);
  CHECK(next.orders() == 0);
  CHECK_FALSE(next.server.state.contains("order"));
}

TEST_CASE("an order that nobody remembers is cleaned up, and this run orders nothing") {
  World world;
  world.server.jobs["order"] = {.phase = maintain::sdk::JobPhase::lost};
  CHECK(world.run().outcome == Outcome::skipped);
  CHECK(world.orders() == 0);
  CHECK(world.server.collected_jobs.size() == 1);
}

TEST_CASE("a container that restarts keeps the boot id: its first process tells") {
  World world;
  world.server.facts.container = "lxc";
  world.after_boot = [](World& w) {
    w.boot = old_boot;
    w.first_process = "90210";
  };
  world.expect_order();
  CHECK(world.run().outcome == Outcome::changed);
}

TEST_CASE("a container is not rebooted for a kernel") {
  World world;
  world.server.facts.container = "systemd-nspawn";
  world.packages = "linux-image-6.1.0-30-amd64\nlinux-base";
  CHECK(world.run().outcome == Outcome::ok);
  CHECK(world.orders() == 0);
}

TEST_CASE("a kernel that the reboot did not bring is told, and is no reason again") {
  World world;
  world.packages = "linux-image-6.1.0-30-amd64";
  world.expect_order();
  world.server.state = Json::object();
  SECTION("the loader starts the old one") {
    // The kernel in /boot is what asks for it, before and after.
    world.server.stub(script("reboot-required"), [&](const SeenCommand&) -> Reply {
      return {.output = section("boot_id", world.boot) + section("first_process", "102") +
                        section("kernel", world.kernel) +
                        section("kernel_version", "#1 SMP") + section("required", "no") + section("packages", "") +
                        section("last_order", "none") +
                        section("images", "6.1.0-28-amd64\n6.1.0-30-amd64") + section("kernel_packages", "")};
    });
    CHECK(world.run().outcome == Outcome::changed);
    REQUIRE(world.server.find("reboot.kernel_not_booted", "6.1.0-30-amd64") != nullptr);
    world.later(48h);
    CHECK(world.run().outcome == Outcome::ok);
    CHECK(world.orders() == 0);
    // silence would count as recovery
    CHECK(world.server.find("reboot.kernel_not_booted", "6.1.0-30-amd64") != nullptr);
    world.later(48h);
    world.kernel = "6.1.0-30-amd64";
    CHECK(world.run().outcome == Outcome::ok);
    CHECK(world.server.findings.empty());
    CHECK_FALSE(world.server.state.contains("useless_kernel"));
  }
}
