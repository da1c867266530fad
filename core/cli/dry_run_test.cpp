#include "cli/dry_run.hpp"

#include <catch2/catch.hpp>

#include "store/sqlite_store.hpp"

using namespace maintain;

namespace {

struct DryRun {
  std::unique_ptr<StateStore> store = open_memory_store().value();
  RunResult result;

  explicit DryRun(const std::string& output) {
    result.run.id = "20261122T130341Z-4f2a";
    result.run.mode = Mode::check;
    REQUIRE(store->begin_run(result.run));
    TaskResult task;
    task.server = "web1";
    task.project = "shop";
    task.task = "os-upgrade";
    task.summary = "would change 2 packages";
    TaskCommit commit{.run_id = result.run.id, .result = task, .output = output};
    commit.mode = Mode::check;
    REQUIRE(store->commit_task(commit));
    result.run.results = {task};
  }
};

}  // namespace

TEST_CASE("a dry run shows what a task would change, not only how much") {
  const DryRun run("libc6 2.36-9 -> 2.36-10\n\x1b[31mnginx 1 -> 2\n");
  CHECK(describe_dry_run(run.result, *run.store) ==
        "Dry run, nothing was changed:\n"
        "web1/shop/os-upgrade: would change 2 packages\n"
        "    libc6 2.36-9 -> 2.36-10\n"
        "    nginx 1 -> 2\n");
}

TEST_CASE("of a long output the beginning is shown, and where the rest is") {
  std::string output;
  for (int i = 1; i <= 40; ++i) output += "package" + std::to_string(i) + "\n";
  const DryRun run(output);
  const std::string text = describe_dry_run(run.result, *run.store);
  CHECK_THAT(text, Catch::Contains("    package30\n") && !Catch::Contains("package31"));
  CHECK_THAT(text, Catch::EndsWith("    … 10 more lines: maintain show 20261122T130341Z-4f2a web1/shop/os-upgrade\n"));
}

TEST_CASE("a dry run with nothing due says so") {
  CHECK(describe_dry_run({}, *open_memory_store().value()) == "Nothing is due.\n");
}
