#include "plan/planner.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "plan/decision.hpp"
#include "plan/run_order.hpp"
#include "plan/server_tasks.hpp"

namespace maintain {
namespace {

bool is_allowed(const Project& project, const TaskSpec& spec) {
  return project.allow.empty() || spec.permission.empty() || project.allow.contains(spec.permission);
}

std::vector<PlanEntry> entries_of(const PlanRequest& request) {
  std::vector<PlanEntry> entries;
  for (const Project& project : request.projects) {
    for (const TaskSpec& spec : project.tasks) {
      PlanEntry entry;
      entry.project = entry.candidate.project = project.name;
      entry.planned.key = {request.server, project.name, spec.name};
      entry.planned.spec = spec;
      Candidate& candidate = entry.candidate;
      candidate.spec = &spec;
      if (!spec.when.empty()) {
        if (Result<Schedule> schedule = Schedule::of(spec)) candidate.schedule = std::move(*schedule);
      }
      candidate.record = request.record(entry.planned.key);
      candidate.selected = request.only_tasks.empty() || names_task(request.only_tasks, project.name, spec);
      candidate.now = names_task(request.now_tasks, project.name, spec);
      candidate.allowed = is_allowed(project, spec);
      candidate.allow_at = project.allow_at;
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

// Indices of the due entries, in running order. `after` means the task that runs in place of the one named.
std::vector<std::size_t> due_in_order(const std::vector<PlanEntry>& entries, const std::vector<std::size_t>& runs_as) {
  std::vector<std::size_t> due;
  std::map<std::pair<std::string, std::string>, std::size_t> place;  // project, task -> position in `due`
  std::vector<std::size_t> position(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].planned.decision != Decision::due) continue;
    position[i] = due.size();
    due.push_back(i);
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[runs_as[i]].planned.decision != Decision::due) continue;
    place[{entries[i].project, entries[i].planned.spec.name}] = position[runs_as[i]];
  }
  std::vector<OrderedTask> tasks;
  for (const std::size_t i : due) {
    OrderedTask task{entries[i].planned.spec.order};
    for (const std::string& name : entries[i].planned.spec.after) {
      if (const auto before = place.find({entries[i].project, name}); before != place.end()) {
        task.after.push_back(before->second);
      }
    }
    tasks.push_back(std::move(task));
  }
  std::vector<std::size_t> order = run_order(tasks);
  std::transform(order.begin(), order.end(), order.begin(), [&](std::size_t at) { return due[at]; });
  return order;
}

}  // namespace

bool names_task(const std::set<std::string>& names, const std::string& project, const TaskSpec& spec) {
  if (names.empty()) return false;
  return names.contains(spec.name) || names.contains(spec.use) || names.contains(project + "/" + spec.name) ||
         (!spec.legacy_nickname.empty() && names.contains(spec.legacy_nickname));
}

Plan make_plan(const PlanRequest& request) {
  std::vector<PlanEntry> entries = entries_of(request);
  share_server_tasks(entries, request.projects);
  for (PlanEntry& entry : entries) {
    Verdict verdict = decide(entry.candidate, request.now);
    entry.planned.decision = verdict.decision;
    entry.planned.reason = std::move(verdict.reason);
    entry.planned.scheduled = verdict.scheduled;
    entry.planned.window_end = verdict.window_end;
    entry.planned.next = verdict.next;
  }
  const std::vector<std::size_t> runs_as = keep_one_per_type(entries);

  Plan plan;
  plan.server = request.server;
  plan.findings = windows_that_never_meet(entries, request.now);
  for (const std::size_t i : due_in_order(entries, runs_as)) plan.tasks.push_back(entries[i].planned);
  for (PlanEntry& entry : entries) {
    if (entry.planned.decision != Decision::due) plan.tasks.push_back(std::move(entry.planned));
  }
  return plan;
}

}  // namespace maintain
