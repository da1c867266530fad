#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "store/run_id.hpp"
#include "store/testing.hpp"

using namespace maintain;
using namespace maintain::testing;

namespace {

const Time noon = at("2026-11-22T12:00:00Z");
const TaskKey upgrade{"web1", "shop", "os-upgrade"};
const TaskKey legacy{"web1", "", "os-upgrade"};

}  // namespace

TEST_CASE("run ids sort by time and are 21 characters") {
  CHECK(make_run_id(at("2026-11-22T13:03:41Z"), 0x4f2a) == "20261122T130341Z-4f2a");
  CHECK(make_run_id(at("2026-11-22T13:03:41Z"), 0xffff) < make_run_id(at("2026-11-22T13:03:42Z"), 0));
  CHECK(new_run_id(noon).size() == 21);
}

TEST_CASE_METHOD(StoreFixture, "a run comes back with all its results, in the order of their commits") {
  begin("20261122T120000Z-0001", noon);
  TaskCommit first = commit_of("20261122T120000Z-0001", upgrade, Outcome::changed, noon);
  first.result.findings = {{State::warning, "apt.held", "nginx", "nginx is held", "since\nMay",
                            "apt-mark unhold nginx"},
                           {State::ok, "apt.audit", "", "fine", "", ""}};
  first.result.metrics = {{"packages", 3, ""}, {"age", std::numeric_limits<double>::quiet_NaN(), "seconds"},
                          {"left", 0.5, "ratio", "www.example.org"}};
  must(store->commit_task(first));
  must(store->commit_task(commit_of("20261122T120000Z-0001", legacy, Outcome::failed, noon)));
  must(store->finish_run("20261122T120000Z-0001", noon + std::chrono::minutes(9)));
  reopen();

  const Run run = must(store->run("20261122T120000Z-0001"));
  CHECK(run.started == noon);
  CHECK(run.finished == noon + std::chrono::minutes(9));
  REQUIRE(run.results.size() == 2);
  const TaskResult& result = run.results[0];
  CHECK(result.project == "shop");
  CHECK(result.outcome == Outcome::changed);
  CHECK(result.summary == "3 packages");
  CHECK(result.run_id == run.id);
  REQUIRE(result.findings.size() == 2);
  CHECK(result.findings[0].subject == "nginx");
  CHECK(result.findings[0].detail == "since\nMay");
  CHECK(result.findings[1].state == State::ok);
  REQUIRE(result.metrics.size() == 3);
  CHECK(result.metrics[0].value == 3);
  CHECK(std::isnan(result.metrics[1].value));
  CHECK(result.metrics[1].subject.empty());
  CHECK(result.metrics[2].subject == "www.example.org");
  CHECK(run.results[1].project.empty());
}

TEST_CASE_METHOD(StoreFixture, "a beginning of an id names the run when it is the only one") {
  begin("20261122T120000Z-0001", noon);
  begin("20261122T121500Z-0002", noon + std::chrono::minutes(15));
  CHECK(must(store->run("20261122T1215")).id == "20261122T121500Z-0002");
  CHECK(store->run("20261122T12").error().message.find("several") != std::string::npos);
  for (const std::string wrong : {"", "%", "2025", "20261122T121500Z-0002x", "20261122T12_500Z"})
    CHECK(store->run(wrong).error().kind == ErrorKind::not_found);
}

TEST_CASE_METHOD(StoreFixture, "summaries count tasks and server trouble, newest run first") {
  begin("a", noon);
  for (const Outcome outcome : {Outcome::ok, Outcome::changed, Outcome::changed, Outcome::failed, Outcome::crashed,
                                Outcome::timed_out, Outcome::cancelled, Outcome::skipped})
    must(store->commit_task(commit_of("a", upgrade, outcome, noon)));
  must(store->commit_task(commit_of("a", {"web1", "", ""}, Outcome::ok, noon)));
  must(store->commit_task(commit_of("a", {"web2", "", ""}, Outcome::unreachable, noon)));
  begin("b", noon + std::chrono::minutes(15), Mode::check);
  begin("c", noon + std::chrono::minutes(30));

  const auto two = must(store->runs(2));
  REQUIRE(two.size() == 2);
  CHECK(two[0].id == "c");
  CHECK(two[1].mode == Mode::check);
  const RunSummary a = must(store->runs(10)).back();
  CHECK((a.ok == 1 && a.changed == 2 && a.skipped == 1 && a.failed == 3 && a.unreachable == 1 && a.cancelled == 1));
  CHECK_FALSE(a.finished.has_value());
}

TEST_CASE_METHOD(StoreFixture, "output is kept as it was committed, and found by run and task") {
  begin("a", noon);
  TaskCommit commit = commit_of("a", upgrade, Outcome::ok, noon);
  commit.output = "Setting up \x1b[31mnginx\x1b[0m\r\n";
  commit.output += '\0';
  must(store->commit_task(commit));
  must(store->commit_task(commit_of("a", legacy, Outcome::ok, noon)));
  CHECK(must(store->task_output("a", upgrade)) == commit.output);
  CHECK(must(store->task_output("a", legacy)).empty());
  CHECK(store->task_output("a", {"web2", "", "x"}).error().kind == ErrorKind::not_found);
}

TEST_CASE_METHOD(StoreFixture, "history filters by what is given, newest first") {
  begin("a", noon);
  const std::vector<TaskKey> keys{upgrade, legacy, {"web2", "shop", "os-upgrade"}, {"web2", "shop", "reboot"}};
  for (const TaskKey& key : keys) must(store->commit_task(commit_of("a", key, Outcome::ok, noon)));
  const auto count = [&](const TaskKey& filter) { return must(store->history(filter, 10)).size(); };
  CHECK(count({}) == 4);
  CHECK(count({"web1", "", ""}) == 2);
  CHECK(count({"", "shop", ""}) == 3);
  CHECK(count({"", "", "os-upgrade"}) == 3);
  CHECK(count({"web2", "shop", "reboot"}) == 1);
  CHECK(count({"web9", "", ""}) == 0);
  CHECK(must(store->history({}, 1)).front().task == "reboot");
}

TEST_CASE_METHOD(StoreFixture, "a result of a run that was never begun is refused whole") {
  CHECK_FALSE(store->commit_task(commit_of("nowhere", upgrade, Outcome::ok, noon)).has_value());
  CHECK(must(store->history({}, 10)).empty());
  CHECK_FALSE(record_of(*store, upgrade).last_success.has_value());
  CHECK(store->finish_run("nowhere", noon).error().kind == ErrorKind::not_found);
}
