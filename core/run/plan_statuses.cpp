#include "run/plan_statuses.hpp"

#include <algorithm>
#include <set>

#include "model/names.hpp"
#include "plan/planner.hpp"
#include "run/limits.hpp"

namespace maintain {

std::vector<TaskStatus> statuses_of(const Plan& plan, const std::map<std::string, std::string>& contacts, Time now) {
  std::vector<TaskStatus> statuses;
  for (const PlannedTask& task : plan.tasks) {
    TaskStatus status;
    status.key = task.key;
    status.type = task.spec.use;
    status.next_due = task.decision == Decision::due ? now : task.next;
    status.active = task.decision != Decision::disabled && task.decision != Decision::not_allowed;
    if (task.decision == Decision::not_allowed) status.refusal = task.reason;
    if (status.active) status.max_age = task.spec.max_age;
    status.schedule = task.spec.when;
    status.severity = task.spec.severity;
    if (const auto contact = contacts.find(task.key.project); contact != contacts.end())
      status.contact = contact->second;
    statuses.push_back(std::move(status));
  }
  return statuses;
}

Plan replanned(const Plan& plan, const std::set<TaskKey>& ran,
               const std::vector<std::pair<TaskKey, TaskRecord>>& records, Time now) {
  std::map<std::string, Project> projects;
  std::set<std::string> types_ran;  // about the whole server: what came of one task counts for all of its type
  for (const PlannedTask& task : plan.tasks) {
    if (ran.contains(task.key) && task.spec.scope == Scope::server) types_ran.insert(task.spec.use);
    if (task.decision == Decision::not_allowed || task.decision == Decision::disabled) continue;
    Project& project = projects[task.key.project];
    project.name = task.key.project;
    project.tasks.push_back(task.spec);
  }
  PlanRequest request;
  request.server = plan.server;
  request.now = now;
  for (auto& [name, project] : projects) request.projects.push_back(std::move(project));
  request.record = [&](const TaskKey& key) {
    const auto found =
        std::find_if(records.begin(), records.end(), [&](const auto& known) { return known.first == key; });
    return found == records.end() ? TaskRecord{} : found->second;
  };
  std::map<TaskKey, PlannedTask> anew;
  for (PlannedTask& task : make_plan(request).tasks) anew.emplace(task.key, std::move(task));

  Plan result{plan.server, {}};
  for (const PlannedTask& task : plan.tasks) {
    const bool concerned = ran.contains(task.key) || types_ran.contains(task.spec.use);
    const auto found = concerned ? anew.find(task.key) : anew.end();
    result.tasks.push_back(found == anew.end() ? task : found->second);
  }
  return result;
}

Result<void> accept_plan(Plan& plan, const std::string& server) {
  const auto refuse = [](const char* why) { return fail(ErrorKind::internal, why); };
  if (plan.server != server) return refuse("a plan for another server");
  if (plan.tasks.size() > tasks_limit) return refuse("a plan with too many tasks");
  std::set<TaskKey> seen;
  std::size_t server_tasks = 0;
  for (PlannedTask& task : plan.tasks) {
    if (task.spec.scope == Scope::server && task.spec.enabled && ++server_tasks > server_tasks_limit)
      return refuse("a plan with too many tasks about the whole server");
    const TaskKey& key = task.key;
    const bool named = is_valid_name(key.task) && (key.project.empty() || is_valid_name(key.project));
    if (key.server != server || !named || key.task != task.spec.name) return refuse("a plan with an impossible task");
    if (!seen.insert(key).second) return refuse("a plan that names a task twice");
    task = clean(std::move(task));
  }
  return {};
}

}  // namespace maintain
