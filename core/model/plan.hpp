// What is due now and why; and why the rest is not.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/finding.hpp"
#include "model/run.hpp"
#include "model/task_spec.hpp"

namespace maintain {

// Names one task of the fleet.
struct TaskKey {
  std::string server;
  std::string project;  // empty: the unnamed legacy project
  std::string task;

  auto operator<=>(const TaskKey&) const = default;
};
// "server/project/task", or "server/task" for the unnamed project.
std::string to_string(const TaskKey& key);
// The same without the server; of a project "project/", of a server nothing.
std::string project_and_task(const TaskKey& key);

// What the store remembers of a task; the planner's only memory.
struct TaskRecord {
  std::optional<Time> last_success = {};  // when the last successful run of the task STARTED (see docs/state.md)
  // start of the last run that was neither skipped nor cancelled: backoff counts from it
  std::optional<Time> last_attempt = {};
  std::optional<Outcome> last_outcome = {};  // of the last run, whatever came of it
  int failures_in_a_row = 0;
  std::string state = {};        // the plugin's own document (maintain.state/1), JSON text; may be empty
  std::set<std::string> pending_jobs = {};  // names of detached jobs on the server, not collected yet
};

enum class Decision {
  due,
  not_yet,         // the next scheduled moment is still to come
  outside_window,  // the scheduled moment passed, its window closed
  backing_off,     // failed lately, waits
  disabled,
  not_allowed,     // the project's allow list lacks the permission
  no_schedule,     // has no `when`: runs only by --now
  not_selected,    // --task named others
};

struct PlannedTask {
  TaskKey key;
  TaskSpec spec;
  Decision decision = Decision::not_yet;
  std::string reason;                        // a sentence for people
  std::optional<Time> scheduled = {};        // the scheduled moment this run answers to, when due
  std::optional<Time> window_end = {};       // when the window it runs in closes
  std::optional<Time> next = {};             // next moment it can become due

  bool operator==(const PlannedTask&) const = default;
};

// All tasks of one server: due ones first, in the order they will run, then the others.
struct Plan {
  std::string server;
  std::vector<PlannedTask> tasks;
  std::vector<Finding> findings = {};  // about the server's configuration as a whole
};

}  // namespace maintain
