// What the supervisor makes of servers: down, unknown, unconfigured, nothing due; and of what was asked of it.
#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "run/supervisor.hpp"
#include "run/test_fleet.hpp"

using namespace maintain;
using namespace maintain::testing;

TEST_CASE("a run with nothing due plans from memory and makes no connection") {
  Fleet fleet;
  fleet.add("web1", {"a: misbehave.well"});
  const RunResult first = fleet.run();
  CHECK(first.servers[0].contacted);
  CHECK(outcomes(first) == Outcomes{{"web1/p/a", Outcome::ok}});
  const RunResult second = fleet.run();
  CHECK_FALSE(second.servers[0].contacted);
  CHECK(second.servers[0].from_cache);
  CHECK(second.run.results.empty());
  REQUIRE(second.plans.size() == 1);
  fleet.refresh = true;
  CHECK(fleet.run().servers[0].contacted);
  fleet.refresh = false;
  fleet.clock.set(fleet.clock.now() + Seconds(5 * 3600));
  CHECK(fleet.run().servers[0].contacted);
}

TEST_CASE("a server that does not answer is unreachable; a transient one is silent about it") {
  Fleet fleet;
  fleet.add("web1", {"a: misbehave.well"}).address = "down";
  Server& laptop = fleet.add("laptop", {"a: misbehave.well"});
  laptop.address = "down";
  laptop.transient = true;
  const RunResult result = fleet.run();
  CHECK(outcomes(result) == Outcomes{{"laptop", Outcome::skipped}, {"web1", Outcome::unreachable}});
  CHECK(result.servers[0].error->kind == ErrorKind::unreachable);
  CHECK(fleet.store->server_memory("web1").value().unreachable_since == fleet.clock.now());

  // It is asked again at every run, and its return is on record for the report.
  REQUIRE(fleet.store->replace_open_findings({{{"web1", "", ""},
                                               {State::critical, "server.unreachable", "", "", "", ""},
                                               fleet.clock.now(), {}, {}}}));
  fleet.servers[0].address = "";
  const RunResult back = fleet.run();
  CHECK(outcomes(back) == Outcomes{{"web1", Outcome::ok}, {"laptop", Outcome::skipped}, {"web1/p/a", Outcome::ok}});
  CHECK_FALSE(fleet.store->server_memory("web1").value().unreachable_since);
}

TEST_CASE("a wrong host key is a failure that a person must mend, also of a transient server") {
  Fleet fleet;
  Server& server = fleet.add("web1", {"a: misbehave.well"});
  server.address = "stranger";
  server.transient = true;
  const RunResult result = fleet.run();
  CHECK(outcomes(result) == Outcomes{{"web1", Outcome::failed}});
  CHECK(codes(result_of(result, "web1")) == std::vector<std::string>{"server.host_key"});
}

TEST_CASE("missing and broken configurations are told; the last good copy goes on") {
  Fleet fleet;
  fleet.add("web1", {});
  CHECK(codes(result_of(fleet.run(), "web1")) == std::vector<std::string>{"config.missing"});

  fleet.add("web1", {"a: misbehave.well"});
  CHECK(result_of(fleet.run(), "web1/p/a").outcome == Outcome::ok);

  fleet.write_config("web1", "version: 2\ntasks: [\n");
  fleet.clock.set(fleet.clock.now() + Seconds(120));
  fleet.refresh = true;
  const RunResult broken = fleet.run();
  CHECK(codes(result_of(broken, "web1/p")) == std::vector<std::string>{"config.broken"});
  CHECK(result_of(broken, "web1/p/a").outcome == Outcome::ok);
  CHECK_FALSE(broken.servers[0].config_errors.empty());
  fleet.refresh = false;
  CHECK(fleet.run().servers[0].contacted);  // broken: looked at again at once
}

TEST_CASE("facts that are not as the inventory expects are told") {
  Fleet fleet;
  fleet.add("web1", {"a: misbehave.well"}).expect = {{"os", "plan9-4"}};
  CHECK(codes(result_of(fleet.run(), "web1")) == std::vector<std::string>{"server.unexpected"});
}

TEST_CASE("the other purposes look and write nothing") {
  Fleet fleet;
  fleet.add("web1", {"a: misbehave.well", "b: no.such"});
  fleet.purpose = Purpose::plan;
  const RunResult planned = fleet.run();
  REQUIRE(planned.plans.size() == 1);
  CHECK(planned.plans[0].tasks.at(0).decision == Decision::due);
  fleet.purpose = Purpose::check_config;
  CHECK(fleet.run().servers[0].config_errors.size() == 1);
  fleet.purpose = Purpose::ping;
  const ServerReport report = fleet.run().servers[0];
  CHECK(report.contacted);
  CHECK(report.round_trip);
  CHECK(report.transport == "directory");
  CHECK_THAT(report.facts, Catch::Contains("boot_id"));

  CHECK(fleet.store->runs(10).value().empty());
  CHECK(fleet.store->task_statuses().value().empty());
  CHECK_FALSE(fleet.store->server_memory("web1").value().last_contact);
  CHECK_FALSE(std::filesystem::exists(fleet.settings.state_directory / "servers"));
}

TEST_CASE("a server may have any name that the inventory lets through") {
  Fleet fleet;
  for (const char* name : {"Web1", "_x"}) fleet.add(name, {"a: misbehave.well"});
  CHECK(outcomes(fleet.run()) == Outcomes{{"Web1/p/a", Outcome::ok}, {"_x/p/a", Outcome::ok}});
}

TEST_CASE("statuses say what is due next after the run") {
  Fleet fleet;
  fleet.add("web1", {"a: misbehave.well"});
  fleet.run();
  const auto statuses = fleet.store->task_statuses().value();
  REQUIRE(statuses.size() == 1);
  CHECK(statuses[0].key == TaskKey{"web1", "p", "a"});
  CHECK(statuses[0].type == "misbehave.well");
  CHECK(statuses[0].next_due > fleet.clock.now());
}

TEST_CASE("no more servers than forks are in work, and waves follow one another") {
  Fleet fleet;
  fleet.forks = 2;
  for (int i = 0; i < 6; ++i) fleet.add("s" + std::to_string(i), {"a: misbehave.well"}).wave = 2 - i / 2;
  const RunResult result = fleet.run();
  CHECK(result.run.results.size() == 6);
  CHECK(fleet.observer.most_at_once <= 2);
  REQUIRE(fleet.observer.started.size() == 6);
  for (std::size_t i = 0; i < 6; ++i)
    CHECK(fleet.observer.started[i].substr(0, 1) == "s");
  const std::set<std::string> first(fleet.observer.started.begin(), fleet.observer.started.begin() + 2);
  CHECK(first == std::set<std::string>{"s4", "s5"});
  CHECK(result.servers[0].server == "s0");  // reports are in the order of the request
}

TEST_CASE("a dry run leaves the records of tasks as they were") {
  Fleet fleet;
  fleet.mode = Mode::check;
  fleet.add("web1", {"a: misbehave.well"});
  CHECK(outcomes(fleet.run()) == Outcomes{{"web1/p/a", Outcome::ok}});
  CHECK_FALSE(fleet.record("web1/p/a").last_success);
  CHECK_FALSE(fleet.store->server_memory("web1").value().configs_fetched);
  CHECK(fleet.store->task_statuses().value().empty());
  CHECK(fleet.store->runs(10).value().at(0).ok == 1);
}

TEST_CASE("a dry run does not take a server's return for told") {
  Fleet fleet;
  fleet.add("web1", {"a: misbehave.well"}).address = "down";
  fleet.run();
  fleet.servers[0].address = "";
  fleet.mode = Mode::check;
  fleet.run();
  CHECK(fleet.store->server_memory("web1").value().unreachable_since);
}

TEST_CASE("what a dry run finds about a server can be looked up in it") {
  Fleet fleet;
  fleet.mode = Mode::check;
  fleet.add("web1", {});
  const RunResult result = fleet.run();
  CHECK(result_of(result, "web1").run_id == result.run.id);
  CHECK(result_of(result, "web1").mode == Mode::check);
}

TEST_CASE("while something about a server is open it is looked at, whatever the cache holds") {
  Fleet fleet;
  fleet.add("web1", {"a: misbehave.well"});
  fleet.run();
  fleet.servers[0].address = "stranger";
  fleet.refresh = true;
  const TaskResult told = result_of(fleet.run(), "web1");
  REQUIRE(codes(told) == std::vector<std::string>{"server.host_key"});
  REQUIRE(fleet.store->replace_open_findings({{{"web1", "", ""}, told.findings[0], fleet.clock.now(), {}, {}}}));

  fleet.servers[0].address = "";
  fleet.refresh = false;
  CHECK(outcomes(fleet.run()) == Outcomes{{"web1", Outcome::ok}});  // by which the report sees that it is over
  REQUIRE(fleet.store->replace_open_findings({}));
  CHECK(fleet.run().servers[0].from_cache);
}

TEST_CASE("a server whose assignment cannot be sent is told") {
  Fleet fleet;
  fleet.add("web1", {"a: misbehave.well"});
  fleet.add("web2", {"a: misbehave.well"});
  fleet.outgrow("web1");
  const RunResult result = fleet.run();
  CHECK(codes(result_of(result, "web1")) == std::vector<std::string>{"server.worker_crashed"});
  CHECK(result.servers[0].error);
  CHECK(result_of(result, "web2/p/a").outcome == Outcome::ok);
}

TEST_CASE("a worker that cannot be started again ends its server's part of the run") {
  Fleet fleet;
  fleet.add("web1", {"a: misbehave.abort", "b: misbehave.well"});
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  // No descriptors are left for another socket pair; the dead worker's socket gives back one.
  fleet.observer.at_start["web1/p/a"] = [&] {
    const int lowest_free = ::dup(STDIN_FILENO);
    ::close(lowest_free);
    const rlimit scarce{static_cast<rlim_t>(lowest_free), before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &scarce);
  };
  const auto result = fleet.try_run();
  ::setrlimit(RLIMIT_NOFILE, &before);
  REQUIRE(result);
  CHECK_FALSE(result->interrupted);  // by whoever was tired of waiting
  CHECK(outcomes(*result) == Outcomes{{"web1/p/a", Outcome::crashed}, {"web1", Outcome::failed}});
  CHECK_THAT(result_of(*result, "web1").summary, Catch::Contains("cannot be started"));
}

TEST_CASE("a server that the run was stopped before does not look well") {
  const Purpose purpose = GENERATE(Purpose::run, Purpose::ping);
  Fleet fleet;
  fleet.purpose = purpose;
  fleet.times.cancel_grace = fleet.times.term_grace = std::chrono::milliseconds(50);
  fleet.add("web1", {"a: misbehave.well"}).address = "silent";
  fleet.observer.at_server = [] { ::kill(::getpid(), SIGHUP); };
  const RunResult result = fleet.run();
  CHECK(result.interrupted);
  REQUIRE(result.servers[0].error);
  CHECK(result.servers[0].error->kind == ErrorKind::cancelled);
}

TEST_CASE("a name that could leave the state directory is refused") {
  Fleet fleet;
  Server server;
  server.name = "../web1";
  fleet.servers.push_back(server);
  CHECK_FALSE(fleet.try_run());
}
