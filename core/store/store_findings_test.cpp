#include <catch2/catch.hpp>

#include "store/testing.hpp"

using namespace maintain;
using namespace maintain::testing;
using std::chrono::hours;

namespace {

const Time noon = at("2026-11-22T12:00:00Z");
const TaskKey upgrade{"web1", "shop", "os-upgrade"};
const TaskKey server{"web1", "", ""};

OpenFinding open_finding(const std::string& subject) {
  OpenFinding open;
  open.key = upgrade;
  open.finding = {State::warning, "apt.held", subject, subject + " is held", "detail", "action"};
  open.since = noon;
  open.run_id = "a";
  return open;
}

}  // namespace

TEST_CASE_METHOD(StoreFixture, "open findings are replaced as a whole") {
  OpenFinding told = open_finding("nginx");
  told.reported = noon;
  must(store->replace_open_findings({told, open_finding("libc6")}));
  reopen();
  const auto read = must(store->open_findings());
  REQUIRE(read.size() == 2);
  CHECK(read[0].finding.subject == "libc6");
  CHECK_FALSE(read[0].reported.has_value());
  CHECK(read[1].reported == noon);
  CHECK(read[1].finding.action == "action");
  CHECK(read[1].run_id == "a");
  must(store->replace_open_findings({}));
  CHECK(must(store->open_findings()).empty());
}

TEST_CASE_METHOD(StoreFixture, "two findings of one identity cannot be open: the old ones stay then") {
  must(store->replace_open_findings({open_finding("old")}));
  CHECK_FALSE(store->replace_open_findings({open_finding("x"), open_finding("x")}).has_value());
  REQUIRE(must(store->open_findings()).size() == 1);
  CHECK(must(store->open_findings()).front().finding.subject == "old");
}

TEST_CASE_METHOD(StoreFixture, "results wait until a digest has covered them, over a kill of their run") {
  begin("killed", noon);
  must(store->commit_task(commit_of("killed", upgrade, Outcome::failed, noon)));
  reopen();
  begin("next", noon + hours(1));
  must(store->commit_task(commit_of("next", server, Outcome::ok, noon + hours(1))));
  const auto waiting = must(store->unreported_results());
  REQUIRE(waiting.size() == 2);
  CHECK(waiting[0].run_id == "killed");
  CHECK(waiting[1].run_id == "next");
  must(store->replace_open_findings({}));
  CHECK(must(store->unreported_results()).empty());
  CHECK(must(store->history({}, 10)).size() == 1);  // "the server was reached" is not worth keeping
}

TEST_CASE_METHOD(StoreFixture, "pruning keeps failures longer, and what an open finding or a digest still needs") {
  const TaskKey reboot{"web2", "", "reboot"};
  begin("ancient", noon - hours(1000));
  must(store->commit_task(commit_of("ancient", upgrade, Outcome::failed, noon - hours(1000))));
  begin("old", noon - hours(50));
  TaskCommit with_output = commit_of("old", upgrade, Outcome::ok, noon - hours(50));
  with_output.output = "x";
  must(store->commit_task(with_output));
  must(store->commit_task(commit_of("old", upgrade, Outcome::crashed, noon - hours(50))));
  must(store->commit_task(commit_of("old", reboot, Outcome::skipped, noon - hours(50))));
  begin("pointed", noon - hours(40));
  must(store->commit_task(commit_of("pointed", upgrade, Outcome::ok, noon - hours(40))));
  begin("empty", noon - hours(30));
  OpenFinding open = open_finding("nginx");
  open.run_id = "pointed";
  must(store->replace_open_findings({open}));
  begin("untold", noon - hours(29));
  must(store->commit_task(commit_of("untold", upgrade, Outcome::ok, noon - hours(29))));
  begin("fresh", noon - hours(1));
  must(store->commit_task(commit_of("fresh", upgrade, Outcome::ok, noon - hours(1))));

  must(store->prune(noon, hours(24), hours(500)));

  std::vector<std::string> left;
  for (const TaskResult& result : must(store->history({}, 100)))
    left.push_back(result.run_id + " " + to_string(TaskKey{result.server, result.project, result.task}));
  CHECK(left == std::vector<std::string>{"fresh web1/shop/os-upgrade", "untold web1/shop/os-upgrade",
                                         "pointed web1/shop/os-upgrade", "old web1/shop/os-upgrade"});
  std::vector<std::string> runs;
  for (const RunSummary& run : must(store->runs(100))) runs.push_back(run.id);
  CHECK(runs == std::vector<std::string>{"fresh", "untold", "pointed", "old"});
  CHECK(must(store->task_output("old", upgrade)).empty());
  CHECK(record_of(*store, upgrade).last_success.has_value());  // marks outlive their results
}
