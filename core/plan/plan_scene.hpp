// One server's configuration, memory and clock, for the tests of planning.
#pragma once

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <vector>

#include "model/names.hpp"
#include "plan/planner.hpp"

namespace maintain::testing {

inline Time at(const std::string& text) { return parse_time(text).value(); }

struct Scene {
  PlanRequest request;
  std::map<TaskKey, TaskRecord> records;

  explicit Scene(const std::string& now) {
    request.server = "web1";
    request.now = at(now);
  }

  Project& project(const std::string& name) {
    for (Project& known : request.projects) {
      if (known.name == name) return known;
    }
    request.projects.push_back({name, "/etc/maintain.d/" + name + ".yml"});
    return request.projects.back();
  }

  TaskSpec& task(const std::string& project_name, const std::string& name, const std::string& use,
                 const std::string& when) {
    Project& owner = project(project_name);
    owner.tasks.push_back({name, use, when});
    return owner.tasks.back();
  }
  TaskSpec& server_task(const std::string& project_name, const std::string& name, const std::string& use,
                        const std::string& when) {
    TaskSpec& spec = task(project_name, name, use, when);
    spec.scope = Scope::server;
    spec.common_window = use == "reboot.if_needed";  // whose manifest has a window
    return spec;
  }

  TaskRecord& record(const std::string& project_name, const std::string& name) {
    return records[{"web1", project_name, name}];
  }
  void succeeded(const std::string& project_name, const std::string& name, const std::string& when) {
    TaskRecord& entry = record(project_name, name);
    entry.last_success = entry.last_attempt = at(when);
    entry.last_outcome = Outcome::ok;
  }
  void failed(const std::string& project_name, const std::string& name, const std::string& when, int times) {
    TaskRecord& entry = record(project_name, name);
    entry.last_attempt = at(when);
    entry.last_outcome = Outcome::failed;
    entry.failures_in_a_row = times;
  }

  Plan plan() {
    request.record = [this](const TaskKey& key) {
      const auto found = records.find(key);
      return found == records.end() ? TaskRecord{} : found->second;
    };
    return make_plan(request);
  }
  PlannedTask planned(const std::string& project_name, const std::string& name) {
    for (const PlannedTask& task : plan().tasks) {
      if (task.key == TaskKey{"web1", project_name, name}) return task;
    }
    FAIL("no task " << project_name << "/" << name);
    return {};
  }
  // "due: never performed; next 2026-11-23T20:20:00Z"
  std::string verdict(const std::string& project_name, const std::string& name) {
    const PlannedTask task = planned(project_name, name);
    std::string text = to_string(task.decision) + ": " + task.reason;
    if (task.next) text += "; next " + format_time(*task.next);
    return text;
  }
  std::vector<std::string> due() {
    std::vector<std::string> names;
    for (const PlannedTask& task : plan().tasks) {
      if (task.decision == Decision::due) names.push_back(to_string(task.key));
    }
    return names;
  }
};

using Names = std::vector<std::string>;

}  // namespace maintain::testing
