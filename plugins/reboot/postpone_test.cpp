// What keeps a reboot from happening now, and for how long that is quiet.
#include <catch2/catch.hpp>

#include "reboot/test_server.hpp"

using namespace maintain::plugins::reboot::test;

TEST_CASE("a reboot waits for people, quietly, and not for ever") {
  World world;
  world.who = "alice    pts/0        2026-11-22 12:00 (192.0.2.7)";
  CHECK(world.run().outcome == Outcome::skipped);
  CHECK(world.server.findings.empty());
  CHECK(world.server.summary == "postponed a reboot because of libc6, dbus: alice is logged in (pts/0)");
  CHECK(world.orders() == 0);

  world.later(12 * 24h);
  CHECK(world.run().outcome == Outcome::skipped);
  REQUIRE(world.server.find("reboot.overdue") != nullptr);
  CHECK(world.server.find("reboot.overdue")->title ==
        "a reboot has been needed for 12 days, kept from it by: alice is logged in (pts/0)");
}

TEST_CASE("people can be told to be ignored") {
  World world;
  world.who = "alice    pts/0        2026-11-22 12:00 (192.0.2.7)";
  world.expect_order();
  CHECK(world.run({.options = {{"ignore_users", true}}}).outcome == Outcome::changed);
}

TEST_CASE("a reboot waits for what inhibits it and for busy programs") {
  World world;
  SECTION("an inhibitor") { world.inhibitors = "a(ssssuu) 1 \"shutdown\" \"import\" \"17 left\" \"block\" 0 9"; }
  SECTION("a backup") { world.processes += "\n/proc/9/comm:pg_dump\n/proc/9/cmdline:/usr/bin/pg_dump\torders\t"; }
  CHECK(world.run().outcome == Outcome::skipped);
  CHECK(world.orders() == 0);
}

TEST_CASE("where the inhibitors cannot be read, there is no reboot") {
  World world;
  world.processes = "";
  CHECK(world.run().outcome == Outcome::failed);
  CHECK(world.server.find("reboot.check_failed") != nullptr);
  CHECK(world.orders() == 0);
}

TEST_CASE("the project's own word: 0 holds, 1 releases, anything else is unknown") {
  World world;
  const RunOptions options{.options = {{"unless", {"/srv/is-busy"}}}};
  SECTION("busy") {
    world.server.expect(argv({"/srv/is-busy"}).as("root")).reply("");
    CHECK(world.run(options).outcome == Outcome::skipped);
  }
  SECTION("idle") {
    world.server.expect(argv({"/srv/is-busy"}).as("root")).reply(Reply::exits(1));
    world.expect_order();
    CHECK(world.run(options).outcome == Outcome::changed);
  }
  SECTION("not there") {
    world.server.expect(argv({"/srv/is-busy"}).as("root")).reply(Reply::exits(127, "not found\n"));
    CHECK(world.run(options).outcome == Outcome::failed);
    CHECK(world.server.find("reboot.check_failed") != nullptr);
  }
}

TEST_CASE("a window that is nearly over is left alone") {
  World world;
  CHECK(world.run({.window_end = world.server.now() + 4min}).outcome == Outcome::skipped);
  CHECK_THAT(world.server.summary, Catch::Contains("only 4m of the window are left"));
  CHECK(world.server.findings.empty());
}

TEST_CASE("one server of a group at a time") {
  World world;
  const RunOptions options{.options = {{"group", "db"}}, .server = "db1"};
  SECTION("a peer reboots") {
    world.server.locks["reboot-db"] = {"db2"};
    CHECK(world.run(options).outcome == Outcome::skipped);
    CHECK_THAT(world.server.summary, Catch::Contains("waits for its group") && Catch::Contains("db2"));
    CHECK(world.server.findings.empty());
  }
  SECTION("the place is free, and given back with the verified boot") {
    world.expect_order();
    CHECK(world.run(options).outcome == Outcome::changed);
    CHECK(world.server.locks["reboot-db"].empty());
  }
  SECTION("who does not come back keeps the place") {
    world.expect_order();
    world.comes_back = 3h;
    CHECK(world.run(options).outcome == Outcome::failed);
    CHECK(world.server.locks["reboot-db"].contains("db1"));
  }
  SECTION("who comes back broken keeps the place, until it is mended") {
    world.expect_order();
    world.after_boot = [](World& w) { w.units = unit("nginx.service", "failed", "failed"); };
    CHECK(world.run(options).outcome == Outcome::changed);
    CHECK(world.server.locks["reboot-db"].contains("db1"));
    world.later(48h);
    world.server.locks["reboot-db"].clear();  // its lease is over
    CHECK(world.run(options).outcome == Outcome::ok);
    CHECK(world.server.locks["reboot-db"].contains("db1"));
    world.later(48h);
    world.units = unit("nginx.service");
    CHECK(world.run(options).outcome == Outcome::ok);
    CHECK(world.server.locks["reboot-db"].empty());
  }
}

TEST_CASE("a reboot that something holds up may still happen: its place in the group is kept for the window") {
  World world;
  world.never_reboots = true;
  world.server.expect_job("order", {.takes = 1s});
  const RunOptions options{.options = {{"group", "db"}}, .server = "db1", .window_end = world.server.now() + 40min};
  CHECK(world.run(options).outcome == Outcome::failed);
  CHECK(world.server.locks["reboot-db"].contains("db1"));
  world.later(24h);
  world.flag = "no";
  CHECK(world.run({.options = options.options, .server = "db1"}).outcome == Outcome::ok);
  CHECK(world.server.locks["reboot-db"].empty());
}

TEST_CASE("commands before and after") {
  World world;
  const RunOptions options{.options = {{"run_before", {"/srv/drain"}}, {"run_after", "undrain --all"}}};
  SECTION("in this order, the second after the boot") {
    world.server.expect_job("before", {.takes = 3s});
    bool was_up_again = false;
    Reply reply;
    reply.then = [&](FakeServer&) { was_up_again = world.booted; };
    world.server.expect(script("undrain --all").as("root")).reply(reply);
    world.expect_order();
    CHECK(world.run(options).outcome == Outcome::changed);
    CHECK(was_up_again);
    CHECK(std::any_of(world.server.commands.begin(), world.server.commands.end(), [](const auto& command) {
      return command.job == "before" && command.argv == std::vector<std::string>{"/srv/drain"} &&
             command.become_user == "root";
    }));
    CHECK(world.server.collected_jobs == std::vector<std::string>{"before", "order"});
  }
  SECTION("the first fails: no reboot, and the second undoes what it did") {
    world.server.expect_job("before", {.output = "no peer\n", .status = 3});
    world.server.expect(script("undrain --all")).reply("");
    CHECK(world.run(options).outcome == Outcome::skipped);
    REQUIRE(world.server.find("reboot.before_failed") != nullptr);
    CHECK_THAT(world.server.find("reboot.before_failed")->detail, Catch::Contains("no peer"));
    CHECK(world.orders() == 0);
    CHECK_FALSE(world.server.state.contains("order"));
    CHECK(world.server.collected_jobs == std::vector<std::string>{"before"});
  }
  SECTION("the first has no end: it is ended, and undone") {
    world.server.expect_job("before", {.takes = 3h});
    world.server.expect(script("undrain --all")).reply("");
    CHECK(world.run(options).outcome == Outcome::skipped);
    REQUIRE(world.server.find("reboot.before_failed") != nullptr);
    CHECK(world.server.find("reboot.before_failed")->detail == "did not end within 5m; it was ended");
    CHECK(world.server.jobs.empty());
  }
  SECTION("somebody logs in while the first runs: no reboot, and the second undoes it") {
    world.server.expect_job("before", {.takes = 3s, .then = [&](FakeServer&) {
                                         world.who = "alice    pts/0        2026-11-22 12:00 (192.0.2.7)";
                                       }});
    world.server.expect(script("undrain --all")).reply("");
    CHECK(world.run(options).outcome == Outcome::skipped);
    CHECK_THAT(world.server.summary, Catch::Contains("alice is logged in"));
    CHECK(world.orders() == 0);
    CHECK(world.server.jobs.empty());
  }
  SECTION("the second fails: told, and tried again by the next run") {
    world.server.expect_job("before", {});
    world.server.expect(script("undrain --all")).reply(Reply::exits(1)).reply(Reply::exits(1)).reply("");
    world.expect_order();
    RunOptions lenient = options;
    lenient.lenient = true;
    CHECK(world.run(lenient).outcome == Outcome::changed);
    CHECK(world.server.find("reboot.after_failed") != nullptr);
    world.later(48h);
    CHECK(world.run(lenient).outcome == Outcome::ok);
    CHECK(world.server.find("reboot.after_failed") != nullptr);  // silence would count as recovery
    world.later(48h);
    CHECK(world.run(options).outcome == Outcome::ok);
    CHECK(world.server.findings.empty());
    CHECK_FALSE(world.server.state.contains("after_pending"));
  }
  SECTION("the server vanished, and is back in a later run: the second runs then") {
    world.server.expect_job("before", {});
    world.expect_order();
    world.comes_back = 3h;
    CHECK(world.run({.options = options.options, .lenient = true}).outcome == Outcome::failed);
    world.later(3h);
    world.server.expect(script("undrain --all")).reply("");
    CHECK(world.run(options).outcome == Outcome::changed);
  }
  SECTION("stopped in the middle of the first: the next run undoes it at once, and orders nothing") {
    world.server.expect_job("before",
                            {.takes = 3h, .follow_failures = {Reply::fails(MAINTAIN_UNREACHABLE, "no answer")}});
    RunOptions first = options;
    first.lenient = true;
    CHECK(world.run(first).status == MAINTAIN_UNREACHABLE);
    CHECK(world.server.state.at("order").at("stage") == "preparing");
    CHECK(world.server.collected_jobs.empty());  // so that the host makes the task due, inside the window or not
    world.later(15min);
    world.server.expect(script("undrain --all")).reply("").reply("");
    CHECK(world.run(first).outcome == Outcome::skipped);
    CHECK(world.orders() == 0);
    CHECK(world.server.jobs.empty());
    CHECK_FALSE(world.server.state.contains("order"));
    world.later(15min);
    world.server.expect_job("before", {});
    world.expect_order();
    CHECK(world.run(options).outcome == Outcome::changed);
  }
  SECTION("stopped, and the memory is lost: undone all the same") {
    world.server.jobs["before"] = {};
    world.server.expect(script("undrain --all")).reply("");
    world.flag = "no";
    CHECK(world.run(options).outcome == Outcome::skipped);
    CHECK(world.server.jobs.empty());
  }
}

TEST_CASE("one order per window, also when another project's task gave it") {
  World world;
  world.last_order = "1795303000 1795303600";  // ten minutes ago, by the server's clock
  SECTION("in this window") {
    CHECK(world.run({.scheduled = world.server.now() - 20min}).outcome == Outcome::skipped);
    CHECK_THAT(world.server.summary, Catch::Contains("rebooted in this window already"));
  }
  SECTION("in this window, dry run") {
    world.run({.check = true, .scheduled = world.server.now() - 20min});
    CHECK_THAT(world.server.summary, Catch::Contains("one reboot per window is enough"));
  }
  SECTION("in an earlier one") {
    world.expect_order();
    CHECK(world.run({.scheduled = world.server.now() - 5min}).outcome == Outcome::changed);
  }
  SECTION("by hand there is no window") {
    world.expect_order();
    CHECK(world.run().outcome == Outcome::changed);
  }
  SECTION("it tells nothing sensible") {
    world.last_order = "yesterday";
    CHECK(world.run().outcome == Outcome::failed);
  }
  CHECK(world.orders() == (world.booted ? 1 : 0));
}

TEST_CASE("a dry run looks, and says what it would do") {
  World world;
  SECTION("reboot") {
    CHECK(world.run({.check = true}).outcome == Outcome::ok);
    CHECK(world.server.summary == "would reboot because of libc6, dbus");
  }
  SECTION("not now") {
    world.who = "alice    pts/0        2026-11-22 12:00 (192.0.2.7)";
    CHECK(world.run({.check = true}).outcome == Outcome::ok);
    CHECK(world.server.summary == "needs a reboot because of libc6, dbus, would not now: alice is logged in (pts/0)");
  }
  CHECK(world.server.refused.empty());
  CHECK(world.server.state.empty());
}

TEST_CASE("reboot.check tells, and alerts when it has been needed for long") {
  World world;
  maintain::plugins::reboot::RebootCheck task;
  CHECK(run_task(task, world.server).outcome == Outcome::ok);
  CHECK(world.server.findings.empty());
  CHECK(world.server.summary == "a reboot is needed because of libc6, dbus, for 1 hour");
  world.later(7 * 24h);
  CHECK(run_task(task, world.server).outcome == Outcome::ok);
  REQUIRE(world.server.find("reboot.needed") != nullptr);
  CHECK(world.server.find("reboot.needed")->title == "a reboot has been needed for 7 days");
  world.later(1h);
  world.flag = "no";
  run_task(task, world.server);
  CHECK(world.server.findings.empty());
  CHECK_FALSE(world.server.state.contains("needed_since"));
}

TEST_CASE("options that the schema cannot refuse") {
  maintain::plugins::reboot::RebootIfNeeded task;
  CHECK_FALSE(validate_options(task, Json::object()));
  CHECK(validate_options(task, {{"settle", "soon"}}) == "/settle: must be a duration like 30m or 2d");
  CHECK(validate_options(task, {{"return_within", "0s"}}));
  CHECK(validate_options(task, {{"run_before", {""}}}));
}
