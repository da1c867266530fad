// The promise of max_age: a task whose last success is too old is a finding of its own, whatever its schedule, and
// also on a server that is merely absent.
#pragma once

#include <optional>

#include "model/finding.hpp"
#include "model/plan.hpp"
#include "model/task_spec.hpp"

namespace maintain {

// critical, or what the task's `severity` permits; code "task.stale". Nothing for a task that is disabled, has no
// max_age, or was never attempted: how long that has been so is not known.
std::optional<Finding> staleness(const TaskSpec& spec, const TaskRecord& record, Time now);

}  // namespace maintain
