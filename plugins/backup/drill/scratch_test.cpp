#include "backup/drill/scratch.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "backup/drill/real_programs.hpp"

using namespace maintain;
using namespace maintain::plugins::backup;

namespace {

// Calls body(context) as a task would be.
class Body final : public sdk::Task {
 public:
  explicit Body(std::function<void(sdk::Context&)> body) : body_(std::move(body)) {}
  sdk::Outcome run(sdk::Context& context) override {
    body_(context);
    return sdk::Outcome::ok;
  }

 private:
  std::function<void(sdk::Context&)> body_;
};

sdk::testkit::TaskRun in_task(sdk::testkit::FakeServer& server, std::function<void(sdk::Context&)> body) {
  Body task(std::move(body));
  return sdk::testkit::run_task(task, server);
}

ScratchPlan plan_of(const std::string& shell_text) {
  ScratchPlan plan;
  plan.steps.push_back({.what = "asking", .program = {{"sh", "-c", shell_text}}, .question = true});
  return plan;
}

bool can_confine() {
  const std::string why = why_not_confined();
  if (!why.empty()) WARN("not tested: " << why);
  return why.empty();
}

}  // namespace

TEST_CASE("backup: programs of a scratch are nobody, know no secrets, and write only to its data") {
  if (!can_confine()) return;
  sdk::testkit::FakeServer server;
  run_local_programs_really(server);
  ::setenv("MAINTAIN_TEST_SECRET", "secret", 1);
  std::vector<ScratchAnswer> answers;
  const auto run = in_task(server, [&](sdk::Context& context) {
    Scratch scratch(context);
    answers = scratch.run(plan_of("echo x >/proc/self/fd/9/x && echo \"$(id -u) ${MAINTAIN_TEST_SECRET-none}\""));
    CHECK(content_of_file(scratch.data() + "/x") == "x\n");
  });
  CHECK(run.message == "");
  REQUIRE(answers.size() == 1);
  const std::string user = ::geteuid() == 0 ? "65534" : std::to_string(::geteuid());
  // Without root a user namespace without a map shows everybody as nobody.
  CHECK((answers[0].text == user + " none\n" || answers[0].text == "65534 none\n"));
  CHECK_FALSE(std::filesystem::exists(server.directory() + "/scratch"));
}

TEST_CASE("backup: what an earlier drill left is removed, and so is a scratch after a failure") {
  if (!can_confine()) return;
  sdk::testkit::FakeServer server;
  run_local_programs_really(server);
  const std::string left = server.directory() + "/scratch/data/left";
  std::filesystem::create_directories(left);
  bool failed = false;
  const auto run = in_task(server, [&](sdk::Context& context) {
    Scratch scratch(context);
    CHECK_FALSE(std::filesystem::exists(left));
    ScratchPlan plan;
    plan.steps.push_back({.what = "restoring orders", .program = {{"sh", "-c", "echo 'the reason' >&2; exit 4"}}});
    try {
      scratch.run(plan);
    } catch (const DrillFailure& failure) {
      failed = true;
      CHECK(failure.what() == std::string("restoring orders failed with exit status 4"));
      CHECK(failure.tail() == "the reason");
    }
  });
  CHECK(run.message == "");
  CHECK(failed);
  CHECK_FALSE(std::filesystem::exists(server.directory() + "/scratch"));
}

TEST_CASE("backup: two drills of a task at a time are one too many") {
  sdk::testkit::FakeServer server;
  run_local_programs_really(server);
  const auto run = in_task(server, [](sdk::Context& context) {
    const Scratch first(context);
    const Scratch second(context);
  });
  CHECK(run.status == MAINTAIN_BUSY);
  CHECK_FALSE(std::filesystem::exists(server.directory() + "/scratch"));
}

// All that runs holds the writing end of a pipe: it is closed when the last of them is gone.
TEST_CASE("backup: when the worker is killed, nothing of a drill is left running") {
  if (!can_confine()) return;
  std::string base = (std::filesystem::temp_directory_path() / "maintain-kill-XXXXXX").string();
  REQUIRE(::mkdtemp(base.data()) != nullptr);
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  const pid_t worker = ::fork();
  REQUIRE(worker >= 0);
  if (worker == 0) {
    ::close(pipe[0]);
    ::setenv("TMPDIR", base.c_str(), 1);
    sdk::testkit::FakeServer server;
    run_local_programs_really(server);
    in_task(server, [&](sdk::Context& context) {
      const std::string end = std::to_string(pipe[1]);
      // Script and server would run far beyond the test: their end, which closes the pipe, is what is awaited.
      ScratchPlan plan = plan_of("echo >&" + end + "; sleep 1000");
      plan.server = ScratchServer{.name = "Server",
                                  .program = {{"sh", "-c", "touch /proc/self/fd/9/up; sleep 1000"}},
                                  .ready = {{"test", "-e", "/proc/self/fd/9/up"}}};
      Scratch(context).run(plan);
    });
    ::_exit(0);
  }
  ::close(pipe[1]);
  pollfd wait{pipe[0], POLLIN, 0};
  char byte = 0;
  CHECK(::poll(&wait, 1, 20'000) == 1);
  CHECK(::read(pipe[0], &byte, 1) == 1);
  ::kill(worker, SIGKILL);
  int status = 0;
  ::waitpid(worker, &status, 0);
  CHECK(WIFSIGNALED(status));
  CHECK(::poll(&wait, 1, 20'000) == 1);
  CHECK(::read(pipe[0], &byte, 1) == 0);
  ::close(pipe[0]);
  std::filesystem::remove_all(base);
}

TEST_CASE("backup: where programs cannot be confined there is no drill, and nothing is run") {
  sdk::testkit::FakeServer server;
  run_local_programs_really(server);
  server.no_confinement = "this kernel has no Landlock (use another)";
  const std::string made = server.directory() + "/made";
  int refused = 0;
  const auto run = in_task(server, [&](sdk::Context& context) {
    Scratch scratch(context);
    try {
      scratch.run(plan_of("touch " + made));
    } catch (const DrillImpossible& failure) {
      ++refused;
      CHECK(std::string(failure.what()).find("this kernel has no Landlock (use another)") != std::string::npos);
      CHECK_FALSE(failure.action().empty());
    }
    CHECK_THROWS_AS(scratch.read({.what = "reading", .program = {{"touch", made}}}, [](std::string_view) {}),
                    DrillImpossible);
  });
  CHECK(run.message == "");
  CHECK(refused == 1);
  CHECK_FALSE(std::filesystem::exists(made));
}

TEST_CASE("backup: what is not installed is named with its package") {
  try {
    require_programs({"sh", "no-such-program"}, "the-package");
    FAIL("nothing was missed");
  } catch (const DrillImpossible& failure) {
    CHECK(failure.what() == std::string("no-such-program is not installed on the maintenance server"));
    CHECK(failure.action().find("the-package") != std::string::npos);
  }
}

TEST_CASE("backup: of what a program said the last lines are kept") {
  CHECK(last_lines("a\nb\n\n") == "a\nb");
  CHECK(last_lines(std::string(3000, 'x') + "\nend\n") == "end");
  CHECK(last_lines(std::string(3000, 'x')).size() == 2000);
}
