// What a document of pydeps.check and a task's results come to; core/cli/cmd_pydeps_test.cpp has the formats.
#include "report/python_report.hpp"

#include <catch2/catch.hpp>

#include "report/testing.hpp"

using namespace maintain;
using namespace maintain::testing;

namespace {

const TaskKey key{"web1", "shop", "python"};
const Time checked = at("2026-11-22T13:00:05Z");

TaskStatus saved(const std::string& document) {
  TaskStatus status = declared(key);
  status.type = python_task_type;
  status.record.state = document;
  return status;
}

const std::string empty_document =
    R"({"checked": )" + std::to_string(checked.time_since_epoch().count()) + R"(000, "told": [], "environments": []})";

// Ten seconds, with a finding that has its number.
TaskResult started_at(Time started, Outcome outcome, int number, Mode mode = Mode::apply) {
  TaskResult made = result(key, outcome, {finding(State::warning, "pydeps.environment", std::to_string(number))});
  made.started = started;
  made.finished = started + Seconds(10);
  made.mode = mode;
  return made;
}

}  // namespace

TEST_CASE("python report: names of packages in PyPI's form") {
  CHECK(python_package_key("Django") == "django");
  CHECK(python_package_key("zope.interface") == "zope-interface");
  CHECK(python_package_key("A__b-._c") == "a-b-c");
  CHECK(python_package_key("").empty());
}

TEST_CASE("python report: only what an index has is asked for by its name") {
  for (const char* origin : {"index", "archive"}) CHECK(is_on_index({.name = "a", .origin = origin}));
  for (const char* origin : {"vcs", "local", "editable", "", "else"})
    CHECK_FALSE(is_on_index({.name = "a", .origin = origin}));
}

TEST_CASE("python report: findings are those of the check that saved the document") {
  const Time start = checked - Seconds(5);
  TaskResult foreign = started_at(start, Outcome::ok, 7);
  foreign.project = "blog";  // has a task of the same name
  const std::vector<TaskResult> history{started_at(start + Seconds(300), Outcome::skipped, 1),
                                        started_at(start, Outcome::ok, 2, Mode::check), foreign,
                                        started_at(start, Outcome::ok, 3),
                                        started_at(start - Seconds(300), Outcome::ok, 4)};
  const PythonTask task = python_task(saved(empty_document), history);
  CHECK(task.checked == checked);
  CHECK_FALSE(task.failed_since);
  REQUIRE(task.findings.size() == 1);
  CHECK(task.findings.front().subject == "3");
}

TEST_CASE("python report: a later failure is told, unless a success came after it") {
  const Time start = checked - Seconds(5);
  std::vector<TaskResult> history{started_at(start + Seconds(600), Outcome::cancelled, 1),
                                  started_at(start + Seconds(300), Outcome::timed_out, 2),
                                  started_at(start, Outcome::ok, 3)};
  const PythonTask failed = python_task(saved(empty_document), history);
  REQUIRE(failed.failed_since);
  CHECK(failed.failed_since->outcome == Outcome::timed_out);
  REQUIRE(failed.findings.size() == 1);
  CHECK(failed.findings.front().subject == "3");
  history.insert(history.begin() + 1, started_at(start + Seconds(400), Outcome::ok, 4));
  CHECK_FALSE(python_task(saved(empty_document), history).failed_since);
  // Nothing was known to anybody, and that was saved.
  CHECK_FALSE(python_task(saved(empty_document), {started_at(start, Outcome::failed, 5)}).failed_since);
}

TEST_CASE("python report: what was never saved, and what is no such document") {
  const PythonTask never = python_task(saved(""), {});
  CHECK_FALSE(never.checked);
  CHECK_FALSE(never.unreadable);
  for (const char* document : {"{", "[]", "{}", "null", "7", R"({"checked": 0})", R"({"checked": "1"})", "\xff",
                               R"({"checked": 18446744073709551615})"}) {
    CAPTURE(document);
    const PythonTask task = python_task(saved(document), {});
    CHECK_FALSE(task.checked);
    CHECK(task.unreadable);
  }
}

TEST_CASE("python report: of a place that is named twice the last is it, and each package is there once") {
  const PythonTask task = python_task(saved(R"({"checked": 1795352405000, "environments": [
    {"path": "/e", "python": "3.9.1", "packages": [["old", "1", "index"]]},
    {"path": "/e", "python": "3.11.2", "packages": [["A.b", "1", "index"], ["a-B", "2", "index"], ["-", "3", "vcs"],
                                                    ["c", "4", "vcs", "more"], ["d", "5"], ["e", 6, "local"]]}
    ]})"), {});
  REQUIRE(task.environments.size() == 1);
  const PythonEnvironment& environment = task.environments.front();
  CHECK(environment.python == "3.11.2");
  REQUIRE(environment.packages);
  REQUIRE(environment.packages->size() == 3);
  CHECK(environment.packages->at(0).key == "a-b");
  CHECK(environment.packages->at(0).version == "1");
  CHECK(environment.packages->at(1).name == "c");
  CHECK(environment.packages->at(2).version.empty());
}

TEST_CASE("python report: a bill of materials says that an environment in doubt is not the whole") {
  PythonEnvironment environment{.path = "/srv/env", .packages = std::vector<PythonPackage>{}};
  const auto is_whole = [&] {
    const PythonTask task{.key = key, .checked = checked, .environments = {environment}};
    return python_report_cyclonedx({task}, checked).find("\"compositions\"") == std::string::npos;
  };
  CHECK(is_whole());
  environment.findings = {{.finding = finding(State::ok, "pydeps.environment", "packages")}};
  CHECK(is_whole());
  environment.findings = {{.finding = finding(State::warning, "pydeps.environment", "packages")}};
  CHECK_FALSE(is_whole());
  environment = {.path = "/srv/env"};
  CHECK_FALSE(is_whole());
}
