#include "backup/drill/scratch_plan.hpp"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "backup/drill/real_programs.hpp"

using namespace maintain::plugins::backup;

namespace {

// Runs the script in a directory of its own, without a box. What follows "done" is what the programs wrote to "log".
struct ScriptRun {
  ScratchReport report;
  std::string error_output;
  std::filesystem::path directory;

  explicit ScriptRun(const ScratchPlan& plan) {
    std::string pattern = (std::filesystem::temp_directory_path() / "maintain-plan-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    directory = pattern;
    std::filesystem::create_directory(directory / "data");
    std::ofstream(directory / "script") << scratch_script(plan, {{"env"}, {"env", "SEARCHING=1"}});
    const auto reply = run_really({.argv = {"bash", (directory / "script").string(), pattern}}, pattern);
    CHECK(reply.status == 0);
    report = parse_scratch_report(plan, reply.output);
    error_output = reply.error_output;
  }
  ~ScriptRun() { std::filesystem::remove_all(directory); }
  std::string file(const std::string& name) const { return content_of_file(directory / "data" / name); }
};

ScratchStep shell(const std::string& what, const std::string& text) {
  return {.what = what, .program = {{"sh", "-c", text}}};
}
ScratchStep question(const std::string& text) {
  ScratchStep step = shell("asking", text);
  step.question = true;
  return step;
}

}  // namespace

TEST_CASE("backup: a scratch's script runs its steps in order and answers its questions") {
  ScratchPlan plan;
  plan.before.push_back(shell("first", "echo a >/proc/self/fd/9/order"));
  plan.steps.push_back(shell("second", "echo \"b$SEARCHING\" >>/proc/self/fd/9/order"));
  plan.steps.back().program.searches = true;
  plan.steps.push_back({.what = "third", .program = {{"false"}}, .may_fail = true});
  plan.steps.push_back(question("printf 'one\\ttwo\\n\\001'"));
  plan.steps.push_back(question("echo no >&2; exit 3"));
  plan.steps.push_back(question("yes"));
  plan.steps.push_back(question(":"));
  const ScriptRun run(plan);
  CHECK(run.report.done);
  CHECK(run.file("order") == "a\nb1\n");
  REQUIRE(run.report.answers.size() == 4);
  CHECK(run.report.answers[0].text == "one\ttwo\n\001");
  CHECK(run.report.answers[0].ok);
  CHECK(run.report.answers[1].text == "no\n");
  CHECK_FALSE(run.report.answers[1].ok);
  CHECK(run.report.answers[2].text.size() == scratch_answer_limit);
  CHECK(run.report.answers[3].text.empty());
}

TEST_CASE("backup: a scratch's script stops at what fails and names it") {
  ScratchPlan plan;
  plan.before.push_back(shell("first", "true"));
  plan.steps.push_back(shell("restoring it's", "echo 'the reason' >&2; exit 3"));
  plan.steps.push_back(shell("later", "touch /proc/self/fd/9/later"));
  const ScriptRun run(plan);
  CHECK_FALSE(run.report.done);
  CHECK(run.report.failed == "restoring it's failed with exit status 3");
  CHECK(run.error_output == "the reason\n");
  CHECK_FALSE(std::filesystem::exists(run.directory / "data/later"));
}

TEST_CASE("backup: a broken compressed file fails its step") {
  ScratchPlan plan;
  const std::string file = "/proc/self/exe";  // no gzip
  plan.steps.push_back({.what = "restoring", .program = {{"cat"}}, .input_file = file, .unzip = true});
  const ScriptRun run(plan);
  CHECK(run.report.failed == "restoring failed with exit status 1");
}

TEST_CASE("backup: a scratch's server answers before the steps and is ended after them") {
  ScratchPlan plan;
  // The sleep stands for a server that runs until it is ended; nothing waits for it.
  plan.server = ScratchServer{.name = "Server",
                              .program = {{"sh", "-c", "echo $$ >/proc/self/fd/9/pid; exec sleep 1000"}},
                              .ready = {{"sh", "-c", "test -s /proc/self/fd/9/pid"}}};
  plan.steps.push_back(question("cat /proc/self/fd/9/pid"));
  const ScriptRun run(plan);
  CHECK(run.report.done);
  REQUIRE(run.report.answers.size() == 1);
  CHECK(::kill(std::stoi(run.report.answers[0].text), 0) != 0);
}

TEST_CASE("backup: a scratch's server that ends at once says why") {
  ScratchPlan plan;
  plan.before.push_back(shell("first", "true"));
  plan.server = ScratchServer{.name = "Server",
                              .program = {{"sh", "-c", "echo no room; exit 1"}},
                              .ready = {{"false"}}};
  const ScriptRun run(plan);
  CHECK(run.report.failed == "the scratch Server did not start");
  CHECK(run.error_output == "no room\n");
}

TEST_CASE("backup: a scratch's script that was killed reports no success") {
  const ScratchPlan plan;
  CHECK_FALSE(parse_scratch_report(plan, "").done);
  CHECK_FALSE(parse_scratch_report(plan, "answer 0 310a\ndon").done);
  CHECK(parse_scratch_report(plan, "answer 0 310").answers.empty());
  CHECK(parse_scratch_report(plan, "answer 0 3x\nanswer x 31\nanswer 0 31\n").answers.size() == 1);
}
