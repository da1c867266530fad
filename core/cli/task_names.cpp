#include "cli/task_names.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "plan/planner.hpp"

namespace maintain {
namespace {

bool all_plans_are_known(const RunResult& result) {
  const auto is_known = [](const ServerReport& server) { return !server.error && server.config_errors.empty(); };
  return !result.interrupted && std::all_of(result.servers.begin(), result.servers.end(), is_known);
}

bool is_there(const RunResult& result, const std::string& name) {
  for (const Plan& plan : result.plans)
    for (const PlannedTask& task : plan.tasks)
      if (names_task({name}, task.key.project, task.spec)) return true;
  return false;
}

std::vector<std::string> known_names(const RunResult& result) {
  std::set<std::string> names;
  for (const Plan& plan : result.plans)
    for (const PlannedTask& task : plan.tasks)
      names.insert({task.key.task, task.spec.use, project_and_task(task.key)});
  return {names.begin(), names.end()};
}

}  // namespace

std::vector<Error> unknown_task_names(const RunResult& result, const std::set<std::string>& names) {
  std::vector<Error> errors;
  if (!all_plans_are_known(result)) return errors;
  for (const std::string& name : names) {
    if (is_there(result, name)) continue;
    const std::string near = nearest(name, known_names(result));
    errors.push_back({ErrorKind::usage, fmt::format("no task '{}' on the selected servers", printable(name)),
                      near.empty() ? "'maintain plan' lists the tasks" : fmt::format("did you mean '{}'?", near), {}});
  }
  return errors;
}

std::vector<Error> refused_now_tasks(const RunResult& result, const std::set<std::string>& names) {
  std::vector<Error> errors;
  if (names.empty()) return errors;
  for (const Plan& plan : result.plans)
    for (const PlannedTask& task : plan.tasks) {
      const bool refused = task.decision == Decision::not_allowed || task.decision == Decision::disabled;
      if (!refused || !names_task(names, task.key.project, task.spec)) continue;
      errors.push_back({ErrorKind::refused,
                        printable(fmt::format("{} was not run: {}", to_string(task.key), task.reason)), {}, {}});
    }
  return errors;
}

}  // namespace maintain
