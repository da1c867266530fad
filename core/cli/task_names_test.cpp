#include "cli/task_names.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

namespace {

RunResult planned() {
  PlannedTask upgrade;
  upgrade.key = {"web1", "shop", "os-upgrade"};
  upgrade.spec.name = "os-upgrade";
  upgrade.spec.use = "apt.upgrade";
  RunResult result;
  result.plans = {{"web1", {upgrade}}};
  ServerReport report;
  report.server = "web1";
  result.servers = {report};
  return result;
}

}  // namespace

TEST_CASE("a task may be named in every way that --task and --now take") {
  CHECK(unknown_task_names(planned(), {}).empty());
  CHECK(unknown_task_names(planned(), {"os-upgrade", "shop/os-upgrade", "apt.upgrade"}).empty());
}

TEST_CASE("a name that no server's tasks go by is a mistake, and the nearest is offered") {
  const auto errors = unknown_task_names(planned(), {"os-upgrade", "os-upgrdae"});
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].kind == ErrorKind::usage);
  CHECK(errors[0].message == "no task 'os-upgrdae' on the selected servers");
  CHECK(errors[0].hint == "did you mean 'os-upgrade'?");
  CHECK(unknown_task_names(planned(), {"zzzzzzzzzzzz"}).at(0).hint == "'maintain plan' lists the tasks");
}

TEST_CASE("nothing is said of names while a server's tasks are not known") {
  RunResult away = planned();
  away.servers[0].error = Error{ErrorKind::unreachable, "no route", {}, {}};
  CHECK(unknown_task_names(away, {"typo"}).empty());
  RunResult broken = planned();
  broken.servers[0].config_errors.push_back({ErrorKind::configuration, "line 3", {}, {}});
  CHECK(unknown_task_names(broken, {"typo"}).empty());
  RunResult stopped = planned();
  stopped.interrupted = true;
  CHECK(unknown_task_names(stopped, {"typo"}).empty());
}

TEST_CASE("a task that --now names and that may not run is told with the plan's reason") {
  RunResult result = planned();
  CHECK(refused_now_tasks(result, {"os-upgrade"}).empty());
  PlannedTask& task = result.plans[0].tasks[0];
  task.reason = "the project's allow list lacks 'patch'";
  task.decision = GENERATE(Decision::not_allowed, Decision::disabled);
  CHECK(refused_now_tasks(result, {}).empty());
  CHECK(refused_now_tasks(result, {"other"}).empty());
  const auto errors = refused_now_tasks(result, {"apt.upgrade"});
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].describe() == "web1/shop/os-upgrade was not run: the project's allow list lacks 'patch'");
}
