#include "run/plan_statuses.hpp"

#include <catch2/catch.hpp>

#include "run/limits.hpp"

using namespace maintain;

namespace {

PlannedTask task(const std::string& name, Decision decision) {
  PlannedTask planned;
  planned.key = {"web1", "shop", name};
  planned.spec.name = name;
  planned.spec.use = "apt.upgrade";
  planned.spec.max_age = Seconds(60);
  planned.decision = decision;
  return planned;
}

}  // namespace

TEST_CASE("a task that is disabled or not allowed is not active and owes nothing") {
  const Plan plan{"web1",
                  {task("a", Decision::due), task("b", Decision::disabled), task("c", Decision::not_allowed),
                   task("d", Decision::backing_off)}};
  std::vector<PlannedTask> tasks = plan.tasks;
  for (PlannedTask& one : tasks) one.reason = "why";
  const auto statuses = statuses_of({"web1", tasks}, {}, Time{});
  REQUIRE(statuses.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(statuses[i].refusal == (i == 2 ? "why" : ""));
  CHECK((statuses[0].active && statuses[0].max_age));
  CHECK_FALSE((statuses[1].active || statuses[1].max_age));
  CHECK_FALSE((statuses[2].active || statuses[2].max_age));
  CHECK((statuses[3].active && statuses[3].max_age));
}

TEST_CASE("after a run the tasks that ran are planned anew, and what was said of the others holds") {
  const Time now = parse_time("2026-11-22T20:30:00Z").value();
  const Time tomorrow = parse_time("2026-11-23T20:00:00Z").value();
  PlannedTask ran = task("ran", Decision::due);
  // Waits for a project whose configuration is broken, of which a plan says nothing more.
  PlannedTask waits = task("waits", Decision::outside_window);
  ran.spec.when = waits.spec.when = "0 20 * * *";
  waits.spec.use = "reboot.if_needed";
  waits.spec.scope = Scope::server;
  waits.reason = "the window of project wiki is not known: its configuration is broken";
  const Plan plan{"web1", {ran, waits}};
  TaskRecord success;
  success.last_success = success.last_attempt = now;
  success.last_outcome = Outcome::ok;

  const Plan after = replanned(plan, {ran.key}, {{ran.key, success}}, now);
  REQUIRE(after.tasks.size() == 2);
  CHECK(after.tasks[0].decision == Decision::not_yet);
  CHECK(after.tasks[0].next == tomorrow);
  CHECK(after.tasks[1] == waits);
  CHECK_FALSE(statuses_of(after, {}, now)[1].next_due);
}

TEST_CASE("what came of a task about the whole server counts for its equals") {
  const Time now = parse_time("2026-11-22T20:30:00Z").value();
  PlannedTask ran = task("upgrade", Decision::due);
  ran.spec.when = "0 20 * * *";
  ran.spec.scope = Scope::server;
  PlannedTask equal = ran;
  equal.key.project = "wiki";
  equal.decision = Decision::not_yet;
  TaskRecord failure;
  failure.last_attempt = now;
  failure.last_outcome = Outcome::failed;
  failure.failures_in_a_row = 1;

  const Plan after = replanned({"web1", {ran, equal}}, {ran.key}, {{ran.key, failure}}, now);
  for (const PlannedTask& one : after.tasks) {
    CHECK(one.decision == Decision::backing_off);
    CHECK(one.next == now + std::chrono::minutes(15));
  }
}

TEST_CASE("a plan with more tasks about the whole server than are weighed in good time is refused") {
  Plan plan{"web1", {}};
  for (std::size_t i = 0; i < server_tasks_limit; ++i) {
    plan.tasks.push_back(task("t" + std::to_string(i), Decision::not_yet));
    plan.tasks.back().spec.scope = Scope::server;
  }
  CHECK(accept_plan(plan, "web1"));
  plan.tasks.push_back(task("more", Decision::not_yet));
  CHECK(accept_plan(plan, "web1"));
  plan.tasks.back().spec.scope = Scope::server;
  CHECK_FALSE(accept_plan(plan, "web1"));
}
