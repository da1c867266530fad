// Whether one task is due, and the sentence that says why.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/plan.hpp"
#include "plan/schedule.hpp"

namespace maintain {

// A project's say in a task that concerns the whole server: it runs only in one of these windows, too.
struct ProjectWindows {
  std::string project;
  std::vector<Schedule> schedules;
};

// The windows of all projects that have a say in one type of task.
struct CommonWindows {
  std::vector<ProjectWindows> projects = {};
  std::vector<std::string> unknown = {};  // projects whose windows are not known: their configuration is broken
  // How many moments may still be computed while looking for one that suits all. One budget for a server's plan: what
  // is declared there must not keep us busy for ever.
  mutable int steps_left = 20'000;
};

// Everything that decides about one task.
struct Candidate {
  const TaskSpec* spec = nullptr;
  std::optional<Schedule> schedule = {};   // unset: has no `when`
  TaskRecord record = {};
  std::shared_ptr<const CommonWindows> common = {};  // of its type; null: only its own schedule counts
  std::string project = {};                // whose windows in `common` are its own
  bool selected = true;                    // false: --task named others
  bool now = false;                        // --now named it
  bool allowed = true;
  std::optional<Position> allow_at = {};   // the list that says so
};

struct Verdict {
  Decision decision = Decision::not_yet;
  std::string reason;
  std::optional<Time> scheduled = {};
  std::optional<Time> window_end = {};
  std::optional<Time> next = {};
};

Verdict decide(const Candidate& candidate, Time now);

// Whether there is a moment, `from` or later, at which the windows of all projects let the task run.
bool has_common_moment(const Candidate& candidate, Time from);

// How a project is called in sentences: "project shop", "the unnamed project".
std::string project_in_words(const std::string& name);

}  // namespace maintain
