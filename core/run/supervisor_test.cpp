// Real launchers and workers (test_worker_main.cpp) with the plugins that misbehave.
#include "run/supervisor.hpp"

#include <catch2/catch.hpp>

#include "run/test_fleet.hpp"

using namespace maintain;
using namespace maintain::testing;

TEST_CASE("a plugin that kills its process costs its own task only") {
  const std::string type = GENERATE("crash", "abort", "exit", "quick_exit");
  CAPTURE(type);
  Fleet fleet;
  fleet.add("web1", {"a: misbehave.well", "b: misbehave." + type, "c: misbehave.well"});
  fleet.add("web2", {"a: misbehave.well"});
  const RunResult result = fleet.run();

  CHECK(outcomes(result) == Outcomes{{"web1/p/a", Outcome::ok},
                                     {"web1/p/b", Outcome::crashed},
                                     {"web1/p/c", Outcome::ok},
                                     {"web2/p/a", Outcome::ok}});
  const TaskResult crashed = result_of(result, "web1/p/b");
  CHECK(codes(crashed) == std::vector<std::string>{"misbehave.started"});
  CHECK_THAT(crashed.summary, Catch::Contains(type == "crash"   ? "signal 11"
                                              : type == "abort" ? "signal 6"
                                                                : "exit status 0"));
  // It is all in the store, and the run is complete there.
  const Run stored = fleet.store->run(result.run.id).value();
  CHECK(stored.finished);
  CHECK(stored.results.size() == 4);
}

TEST_CASE("a task that goes on past its time is ended by force, and the next one runs") {
  const std::string type = GENERATE("hang", "stubborn", "spin");
  CAPTURE(type);
  Fleet fleet;
  fleet.add("web1", {"a: misbehave." + type + " 1s", "b: misbehave.well"});
  const RunResult result = fleet.run();
  CHECK(outcomes(result) == Outcomes{{"web1/p/a", Outcome::timed_out}, {"web1/p/b", Outcome::ok}});
  CHECK(codes(result_of(result, "web1/p/a")) == std::vector<std::string>{"misbehave.started"});
}

TEST_CASE("a task that ends when asked to is timed out too, in the same worker") {
  Fleet fleet;
  fleet.add("web1", {"a: misbehave.slow 1s", "b: misbehave.well"});
  const RunResult result = fleet.run();
  CHECK(outcomes(result) == Outcomes{{"web1/p/a", Outcome::timed_out}, {"web1/p/b", Outcome::ok}});
}

TEST_CASE("output without end is kept within bounds") {
  Fleet fleet;
  fleet.settings.output_limit = 10'000;
  fleet.add("web1", {"a: misbehave.flood 1s"});
  const RunResult result = fleet.run();
  const auto output = fleet.store->task_output(result.run.id, {"web1", "p", "a"}).value();
  CHECK(output.size() > 5'000);
  CHECK(output.size() < 11'000);
}

TEST_CASE("exceptions and impossible outcomes of a plugin are failures of the task") {
  Fleet fleet;
  fleet.add("web1", {"a: misbehave.throw", "b: misbehave.throw_int", "c: misbehave.outcome"});
  const RunResult result = fleet.run();
  CHECK(outcomes(result) ==
        Outcomes{{"web1/p/a", Outcome::failed}, {"web1/p/b", Outcome::failed}, {"web1/p/c", Outcome::failed}});
  CHECK_THAT(result_of(result, "web1/p/a").summary, Catch::Contains("index 7 of 3"));
}

TEST_CASE("SIGTERM cancels what runs, starts nothing more and completes the run") {
  Fleet fleet;
  fleet.forks = 1;
  fleet.add("web1", {"a: misbehave.well", "b: misbehave.slow", "c: misbehave.well"});
  fleet.add("web2", {"a: misbehave.well"});
  fleet.observer.at_start["web1/p/b"] = [] { ::kill(::getpid(), SIGTERM); };
  const RunResult result = fleet.run();
  CHECK(result.interrupted);
  CHECK(outcomes(result) == Outcomes{{"web1/p/a", Outcome::ok}, {"web1/p/b", Outcome::cancelled}});
  CHECK(result.servers[0].error);  // c did not run
  CHECK(result.servers[1].error);
  CHECK(fleet.store->run(result.run.id).value().finished);
  CHECK(fleet.record("web1/p/b").failures_in_a_row == 0);

  fleet.observer.at_start.clear();
  fleet.times.cancel_grace = std::chrono::milliseconds(100);
  fleet.observer.at_start["web1/p/b"] = [] { ::kill(::getpid(), SIGINT); };
  fleet.add("web1", {"b: misbehave.hang"});
  const RunResult forced = fleet.run();
  CHECK(forced.interrupted);
  CHECK(result_of(forced, "web1/p/b").outcome == Outcome::cancelled);
}

TEST_CASE("a killed worker costs the task in flight") {
  Fleet fleet;
  fleet.add("web1", {"a: misbehave.hang", "b: misbehave.well"});
  fleet.observer.at_start["web1/p/a"] = [] {
    for (const pid_t worker : children_of(children_of(::getpid()).at(0))) ::kill(worker, SIGKILL);
  };
  const RunResult result = fleet.run();
  CHECK(outcomes(result) == Outcomes{{"web1/p/a", Outcome::crashed}, {"web1/p/b", Outcome::ok}});
}

TEST_CASE("a killed launcher costs the tasks in flight, and another one carries on") {
  Fleet fleet;
  fleet.add("web1", {"a: misbehave.hang", "b: misbehave.well"});
  fleet.observer.at_start["web1/p/a"] = [] { ::kill(children_of(::getpid()).at(0), SIGKILL); };
  const RunResult result = fleet.run();
  CHECK(outcomes(result) == Outcomes{{"web1/p/a", Outcome::crashed}, {"web1/p/b", Outcome::ok}});
}

TEST_CASE("workers end soon after the supervisor was killed, and the next run carries on") {
  Fleet fleet;
  fleet.add("web1", {"a: misbehave.well", "b: misbehave.hang", "c: misbehave.well"});
  const auto [supervisor, workers] = fleet.run_in_child_until("web1/p/b");
  ::kill(supervisor, SIGKILL);
  ::waitpid(supervisor, nullptr, 0);
  for (const pid_t worker : workers) CHECK(ends_within(worker, std::chrono::seconds(10)));

  REQUIRE(fleet.store->runs(10).value().size() == 1);
  CHECK_FALSE(fleet.store->runs(10).value()[0].finished);
  fleet.add("web1", {"a: misbehave.well", "b: misbehave.well", "c: misbehave.well"});
  // What ended before the kill is not done again.
  CHECK(outcomes(fleet.run()) == Outcomes{{"web1/p/b", Outcome::ok}, {"web1/p/c", Outcome::ok}});
}

TEST_CASE("a worker that dies before any task is tried twice, then its server is given up") {
  Fleet fleet;
  fleet.add("web1", {"a: misbehave.well"}).address = "crash";
  fleet.add("web2", {"a: misbehave.well"});
  const RunResult result = fleet.run();
  CHECK(outcomes(result) == Outcomes{{"web1", Outcome::failed}, {"web2/p/a", Outcome::ok}});
  CHECK(codes(result_of(result, "web1")) == std::vector<std::string>{"server.worker_crashed"});
  CHECK(result.servers[0].error);
}

TEST_CASE("a worker that sends no proper messages is ended and counts as crashed") {
  Fleet fleet;
  fleet.add("web1", {"a: misbehave.well"}).address = "garbage";
  const RunResult result = fleet.run();
  REQUIRE(codes(result_of(result, "web1")) == std::vector<std::string>{"server.worker_crashed"});
  CHECK_THAT(result_of(result, "web1").findings[0].title, Catch::Contains("impossible length"));
}

TEST_CASE("a worker that gets nowhere is ended, and its server is given up at once") {
  Fleet fleet;
  fleet.times.start_limit = std::chrono::milliseconds(300);
  fleet.times.cancel_grace = fleet.times.term_grace = std::chrono::milliseconds(50);
  fleet.add("web1", {"a: misbehave.well"}).address = "silent";
  const RunResult result = fleet.run();
  CHECK(codes(result_of(result, "web1")) == std::vector<std::string>{"server.worker_crashed"});
}

TEST_CASE("a launcher that does not work is told: one that is missing ends the run, one that dies costs the servers") {
  Fleet fleet;
  fleet.add("web1", {"a: misbehave.well"});
  fleet.settings.worker_command = {"/no/such/worker"};
  const auto missing = fleet.try_run();
  REQUIRE_FALSE(missing);
  CHECK_THAT(missing.error().describe(), Catch::Contains("/no/such/worker"));
  fleet.settings.worker_command = {"true"};
  CHECK(codes(result_of(fleet.run(), "web1")) == std::vector<std::string>{"server.worker_crashed"});
}
