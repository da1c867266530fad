// Whether one task is due, and the sentence that says why.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/plan.hpp"
#include "plan/schedule.hpp"

namespace maintain {

// Another project's say in a task that concerns the whole server: it runs only in one of these windows, too.
struct OtherWindows {
  std::string project;
  std::vector<Schedule> schedules;
};

// Everything that decides about one task.
struct Candidate {
  const TaskSpec* spec = nullptr;
  std::optional<Schedule> schedule = {};   // unset: has no `when`
  TaskRecord record = {};
  std::vector<OtherWindows> others = {};
  bool selected = true;                    // false: --task named others
  bool now = false;                        // --now named it
  bool allowed = true;
};

struct Verdict {
  Decision decision = Decision::not_yet;
  std::string reason;
  std::optional<Time> scheduled = {};
  std::optional<Time> window_end = {};
  std::optional<Time> next = {};
};

Verdict decide(const Candidate& candidate, Time now);

// How a project is called in sentences: "project shop", "the unnamed project".
std::string project_in_words(const std::string& name);

}  // namespace maintain
