// What is known between runs, as `status` and `history` show it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/finding.hpp"
#include "model/plan.hpp"
#include "model/run.hpp"

namespace maintain {

// A finding that is open: told at `reported`, not yet recovered.
struct OpenFinding {
  TaskKey key;
  Finding finding;
  Time since{};
  std::optional<Time> reported = {};       // when a person was last told
  std::string run_id = {};                 // run that last observed it; empty when no run did (a stale task)
};

struct RunSummary {
  std::string id;
  Mode mode = Mode::apply;
  Time started{};
  std::optional<Time> finished = {};
  int ok = 0, changed = 0, skipped = 0, failed = 0, unreachable = 0, cancelled = 0;  // failed: also crashed, timed_out
};

// A task that a server's configuration declares now. What planning knows is saved; record, last_run, last_summary,
// measured and first_seen are the store's own and always current when read.
struct TaskStatus {
  TaskKey key;
  std::string type = {};
  TaskRecord record = {};
  std::string last_summary = {};
  std::optional<Time> next_due = {};
  bool active = true;                      // false: disabled or not allowed, so it owes nothing
  std::optional<Seconds> max_age = {};     // unset also for a task that is not active
  std::string refusal = {};                // of one that is not allowed: by which list, and what to do
  std::string schedule = {};               // `when`, for people
  std::string contact = {};                // of its project
  std::optional<State> severity = {};      // the worst state its findings may have
  std::optional<Time> last_run = {};       // start of the last run, skipped and cancelled ones included
  std::vector<Metric> measured = {};       // what its last success measured, of those that have a subject
  std::optional<Time> first_seen = {};     // a task that never succeeded is stale max_age after this
};

}  // namespace maintain
