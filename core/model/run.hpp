// One execution of `maintain run` and what came of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/finding.hpp"

namespace maintain {

enum class Outcome { ok, changed, skipped, failed, unreachable, timed_out, cancelled, crashed };

// ok and changed move a task's mark; skipped neither moves it nor counts as a failure.
bool is_success(Outcome outcome);
bool is_failure(Outcome outcome);  // failed, unreachable, timed_out, crashed

enum class Mode { apply, check };  // check: dry run, changes nothing

struct TaskResult {
  std::string server;
  std::string project;
  std::string task;         // empty: the result speaks of the server or the project itself
  std::string type;
  Outcome outcome = Outcome::ok;
  std::string summary;      // one line
  Time started{};
  Time finished{};
  std::vector<Finding> findings;
  std::vector<Metric> metrics;
  std::string run_id = {};  // filled in by the store when it is read back
  Mode mode = Mode::apply;  // as run_id
};

struct Run {
  std::string id;           // "20261122T130341Z-4f2a": sorts by time
  Mode mode = Mode::apply;
  Time started{};
  std::optional<Time> finished = {};
  std::vector<TaskResult> results;
};

}  // namespace maintain
