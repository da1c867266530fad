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
  const auto statuses = statuses_of(plan, {}, Time{});
  REQUIRE(statuses.size() == 4);
  CHECK((statuses[0].active && statuses[0].max_age));
  CHECK_FALSE((statuses[1].active || statuses[1].max_age));
  CHECK_FALSE((statuses[2].active || statuses[2].max_age));
  CHECK((statuses[3].active && statuses[3].max_age));
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
