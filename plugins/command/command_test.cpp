#include "command_task.hpp"

#include <catch2/catch.hpp>
#include <maintain/testkit.hpp>

using namespace maintain::sdk;
using namespace maintain::sdk::testkit;
using maintain::command::CommandRun;

namespace {

RunOptions with(Json options) { return {.options = std::move(options)}; }

}  // namespace

TEST_CASE("a command that ends with 0 has done its work") {
  FakeServer server;
  server.expect(argv({"/srv/bin/clean", "a b"}).as("www-data")).reply("removed 3 files\nbye\n");
  CommandRun task;
  const auto run = run_task(task, server, with({{"command", {"/srv/bin/clean", "a b"}}, {"user", "www-data"}}));
  CHECK(run.outcome == Outcome::changed);
  CHECK(server.summary == "removed 3 files");
  CHECK(server.findings.empty());
}

TEST_CASE("a text is given to the shell") {
  FakeServer server;
  server.expect(script("cd /srv && ./x")).reply("");
  CommandRun task;
  CHECK(run_task(task, server, with({{"command", "cd /srv && ./x"}})).outcome == Outcome::changed);
}

TEST_CASE("a failing command is a finding with what it said last") {
  FakeServer server;
  server.expect(argv({"/srv/x"})).reply({.status = 3, .output = "working\n", .error_output = "no such table\n"});
  CommandRun task;
  CHECK(run_task(task, server, with({{"command", {"/srv/x"}}})).outcome == Outcome::failed);
  const Finding* finding = server.find("command.failed");
  REQUIRE(finding != nullptr);
  CHECK(finding->state == State::critical);
  CHECK(finding->title == "the command ended with exit status 3");
  CHECK(finding->detail.find("no such table") != std::string::npos);
}

TEST_CASE("as a Nagios check the exit status is a state") {
  const auto [status, state] = GENERATE(table<int, State>(
      {{1, State::warning}, {2, State::critical}, {3, State::unknown}, {77, State::unknown}}));
  FakeServer server;
  server.expect(argv({"/usr/lib/check"})).reply({.status = status, .output = "DISK low | used=91%\n"});
  CommandRun task;
  const auto run = run_task(task, server, with({{"command", {"/usr/lib/check"}}, {"result", "nagios"}}));
  CHECK(run.outcome == Outcome::ok);
  REQUIRE(server.find("command.check") != nullptr);
  CHECK(server.find("command.check")->state == state);
  CHECK(server.find("command.check")->title == "DISK low");  // no performance data
  CHECK(server.find("command.check")->action == "see what the check looks at; run it by hand: /usr/lib/check");
}

TEST_CASE("a dry run runs only what changes nothing") {
  RunOptions options = with({{"command", {"/srv/x"}}});
  options.check = true;
  CommandRun task;
  SECTION("not the others") {
    FakeServer server;
    CHECK(run_task(task, server, options).outcome == Outcome::ok);
    CHECK(server.commands.empty());
    CHECK(server.summary == "would run: [\"/srv/x\"]");
  }
  SECTION("a read-only command") {
    options.options["read_only"] = true;
    FakeServer server;
    server.expect(argv({"/srv/x"})).reply("fine\n");
    CHECK(run_task(task, server, options).outcome == Outcome::ok);
  }
}

TEST_CASE("the outcome is 'changed' only when the output says so, where a text for that is given") {
  const bool changes = GENERATE(true, false);
  FakeServer server;
  server.expect(argv({"/srv/x"})).reply(changes ? "2 rows deleted\n" : "nothing to do\n");
  CommandRun task;
  const auto run = run_task(task, server, with({{"command", {"/srv/x"}}, {"changed_output", "rows deleted"}}));
  CHECK(run.outcome == (changes ? Outcome::changed : Outcome::ok));
}

TEST_CASE("a detached command goes on without us, and is collected once") {
  CommandRun task;
  const RunOptions options = with({{"command", {"/srv/long"}}, {"detached", true}});
  SECTION("started and followed") {
    FakeServer server;
    server.expect_job("run", {.output = "all done\n", .takes = std::chrono::minutes(10)});
    CHECK(run_task(task, server, options).outcome == Outcome::changed);
    CHECK(server.summary == "all done");
    CHECK(server.collected_jobs == std::vector<std::string>{"run"});
  }
  SECTION("found running: not started a second time") {
    FakeServer server;
    server.jobs["run"] = {.output = "late\n", .status = 1, .takes = std::chrono::minutes(1)};
    CHECK(run_task(task, server, options).outcome == Outcome::failed);
    CHECK(server.find("command.failed") != nullptr);
    CHECK(server.collected_jobs.size() == 1);
  }
  SECTION("found running although it is no longer to be detached: followed and collected") {
    FakeServer server;
    server.jobs["run"] = {.output = "late\n", .takes = std::chrono::minutes(1)};
    RunOptions attached = with({{"command", {"/srv/long"}}});
    attached.reattach = true;
    CHECK(run_task(task, server, attached).outcome == Outcome::changed);
    CHECK(server.summary == "late");
    CHECK(server.collected_jobs.size() == 1);
  }
  SECTION("gone, and not due for any other reason: nothing is started in its place") {
    FakeServer server;
    RunOptions again = options;
    again.reattach = true;
    CHECK(run_task(task, server, again).outcome == Outcome::skipped);
    again.scheduled = server.now();  // due by its schedule, too
    server.expect_job("run", {.output = "all done\n"});
    CHECK(run_task(task, server, again).outcome == Outcome::changed);
  }
  SECTION("as the login user, unless the project names another") {
    const std::string user = GENERATE("", "root", "www-data");
    FakeServer server;
    server.expect_job("run", {});
    RunOptions as_user = options;
    if (!user.empty()) as_user.options["user"] = user;
    run_task(task, server, as_user);
    REQUIRE(server.commands.size() == 1);
    CHECK(server.commands.front().job == "run");
    CHECK(server.commands.front().become_user == user);
  }
  SECTION("without an end: ended in time and told, with what it printed") {
    FakeServer server;
    server.expect_job("run", {.takes = std::chrono::hours(9)});
    RunOptions an_hour = options;
    an_hour.deadline = server.now() + std::chrono::hours(1);
    CHECK(run_task(task, server, an_hour).outcome == Outcome::failed);
    REQUIRE(server.find("command.failed") != nullptr);
    CHECK(server.find("command.failed")->title == "the command did not end within 59m; it was ended");
    CHECK_FALSE(server.find("command.failed")->action.empty());
    CHECK(server.collected_jobs == std::vector<std::string>{"run"});
  }
  SECTION("silent for too long: ended and told") {
    FakeServer server;
    server.expect_job("run", {.takes = std::chrono::hours(1), .silent = std::chrono::minutes(50)});
    RunOptions impatient = options;
    impatient.options["idle_timeout"] = "10m";
    CHECK(run_task(task, server, impatient).outcome == Outcome::failed);
    CHECK(server.summary == "the command printed nothing for 10m; it was ended");
    CHECK(server.collected_jobs.size() == 1);
  }
  SECTION("lost with the server, before this run or under our eyes") {
    FakeServer server;
    if (GENERATE(true, false)) server.jobs["run"] = {.phase = JobPhase::lost};
    else server.expect_job("run", {.takes = std::chrono::minutes(1), .gets_lost = true});
    CHECK(run_task(task, server, options).outcome == Outcome::failed);
    REQUIRE(server.find("command.failed") != nullptr);
    CHECK(server.find("command.failed")->title.find("went down") != std::string::npos);
    CHECK(server.collected_jobs.size() == 1);
  }
  SECTION("told before it is collected: when that fails, the next run finds it again and starts nothing") {
    FakeServer server;
    const auto collecting_fails = [](FakeServer& s) {
      s.jobs["run"].phase = JobPhase::running;  // its result is there, its directory cannot be removed yet
      s.jobs["run"].takes += std::chrono::minutes(1);
      s.jobs["run"].then = {};
    };
    server.expect_job("run", {.output = "no such table\n", .status = 3, .takes = std::chrono::minutes(1),
                              .then = collecting_fails});
    CHECK(run_task(task, server, options).status == MAINTAIN_INVALID_STATE);
    REQUIRE(server.find("command.failed") != nullptr);
    CHECK(server.find("command.failed")->title == "the command ended with exit status 3");
    server.findings.clear();
    CHECK(run_task(task, server, options).outcome == Outcome::failed);
    CHECK(server.find("command.failed") != nullptr);
    CHECK(server.collected_jobs.size() == 1);
  }
}

TEST_CASE("what the schema cannot say is checked") {
  CommandRun task;
  const auto problem = [&](const char* word, const char* variable) {
    return validate_options(task, Json{{"command", Json::array({word})}, {"environment", {{variable, "y"}}}});
  };
  CHECK_FALSE(problem("x", "PATH_2"));
  CHECK(problem("x", "2PATH"));
  CHECK(problem("", "PATH"));
}
