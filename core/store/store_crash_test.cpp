// Kills a writer with SIGKILL at chosen moments and looks whether everything it had acknowledged is there.
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <random>

#include <catch2/catch.hpp>

#include "base/fd.hpp"
#include "store/sqlite.hpp"
#include "store/testing.hpp"

using namespace maintain;
using namespace maintain::testing;

namespace {

constexpr int rounds = 30;
constexpr unsigned seed = 20261122;
const Time noon = at("2026-11-22T12:00:00Z");

// The kernel kills this process after so many microseconds, wherever it is then.
void arm_kill(long microseconds) {
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGKILL;
  timer_t timer{};
  itimerspec when{};
  when.it_value.tv_nsec = microseconds * 1000 + 1;  // zero would disarm it
  if (::timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || ::timer_settime(timer, 0, &when, nullptr) != 0) _exit(1);
}

// Commits task after task and writes a byte for each that returned; after `enough` of them the kill is armed.
[[noreturn]] void write_until_killed(const std::filesystem::path& file, const std::string& run_id, int acknowledge,
                                     int enough, long microseconds) {
  auto store = open_sqlite_store(file, Access::read_write);
  Run run;
  run.id = run_id;
  run.started = noon;
  if (!store || !(*store)->begin_run(run)) _exit(1);
  for (int i = 0; i < 1'000'000; ++i) {
    if (i == enough) arm_kill(microseconds);
    TaskCommit commit = commit_of(run_id, {"web1", run_id, "task" + std::to_string(i)}, Outcome::ok, noon);
    commit.output = std::string(static_cast<std::size_t>(i % 7) * 1000, 'x');
    commit.result.findings = {{State::warning, "a.b", "", "title", "", ""}};
    commit.new_state = std::to_string(i);
    if (!(*store)->commit_task(commit)) _exit(1);
    if (::write(acknowledge, "+", 1) != 1) _exit(1);
  }
  _exit(1);
}

// How many commits the child acknowledged before it was killed.
int acknowledged_until_killed(pid_t child, int acknowledge) {
  int count = 0;
  char buffer[256];
  for (ssize_t got; (got = ::read(acknowledge, buffer, sizeof buffer)) > 0;) count += static_cast<int>(got);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(WTERMSIG(status) == SIGKILL);
  return count;
}

}  // namespace

TEST_CASE("every acknowledged commit survives SIGKILL, whole") {
  TemporaryDirectory directory;
  const auto file = directory.path() / "state.db";
  std::mt19937 random(seed);
  for (int round = 0; round < rounds; ++round) {
    const std::string run_id = "run" + std::to_string(round);
    const int enough = static_cast<int>(random() % 12);
    const long microseconds = static_cast<long>(random() % 6000);
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    UniqueFd read_end(ends[0]), write_end(ends[1]);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) write_until_killed(file, run_id, write_end.get(), enough, microseconds);
    write_end.reset();
    const int count = acknowledged_until_killed(child, read_end.get());
    INFO("seed " << seed << ", round " << round << ", acknowledged " << count);
    REQUIRE(count >= enough);

    const auto store = must(open_sqlite_store(file, Access::read_write));
    const Run run = must(store->run(run_id));
    const int found = static_cast<int>(run.results.size());
    CHECK((found == count || found == count + 1));  // one commit may have been unacknowledged yet
    for (int i = 0; i < found; ++i) {
      const TaskKey key{"web1", run_id, "task" + std::to_string(i)};
      CHECK(record_of(*store, key).state == std::to_string(i));
      CHECK(run.results[static_cast<std::size_t>(i)].findings.size() == 1);
      CHECK(must(store->task_output(run_id, key)).size() == static_cast<std::size_t>(i % 7) * 1000);
    }
    CHECK(must(store->server_records("web1")).size() == must(store->history({}, 100'000)).size());
  }
  const auto database = must(sqlite::Database::open(file, sqlite::Database::Mode::read_write));
  std::string verdict;
  must(database->query("pragma integrity_check")
           .each([&](const sqlite::Statement& row) { verdict += row.get<std::string>(0); }));
  CHECK(verdict == "ok");
  CHECK(must(database->number("select count(*) from pragma_foreign_key_check")) == 0);
}
