// Which tasks of a server are due now, in which order, and why the others are not.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/plan.hpp"
#include "model/project.hpp"
#include "plan/schedule.hpp"   // next_occurrences(), for those who show a plan

namespace maintain {

struct PlanRequest {
  std::string server;
  Time now{};
  std::vector<Project> projects;
  std::function<TaskRecord(const TaskKey&)> record;  // what the store remembers; a default TaskRecord when nothing
  std::set<std::string> only_tasks = {};   // --task: name, type or legacy nickname; empty: all
  std::set<std::string> now_tasks = {};    // --now: as above; due whatever the schedule says (but not when not allowed)
};

// Whether --task or --now means this task: by name, PROJECT/name, type or legacy nickname.
bool names_task(const std::set<std::string>& names, const std::string& project, const TaskSpec& spec);

// Pure. Errors in a task's cron line or zone do not get here: the configuration parser refused it.
Plan make_plan(const PlanRequest& request);

}  // namespace maintain
