// What is known between runs, as `status` and `history` show it.
#pragma once

#include <optional>
#include <string>

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
};

struct RunSummary {
  std::string id;
  Mode mode = Mode::apply;
  Time started{};
  std::optional<Time> finished = {};
  int ok = 0, changed = 0, skipped = 0, failed = 0, unreachable = 0;
};

struct TaskStatus {
  TaskKey key;
  std::string type;
  TaskRecord record;
  std::string last_summary;
  std::optional<Time> next_due = {};
  std::optional<Seconds> max_age = {};
  std::string schedule;                    // `when`, for people
};

}  // namespace maintain
