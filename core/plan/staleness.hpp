// The promise of max_age: a task whose last success is too old is a finding of its own, whatever its schedule, and
// also on a server that is merely absent.
#pragma once

#include <optional>

#include "model/finding.hpp"
#include "model/status.hpp"
#include "model/task_spec.hpp"

namespace maintain {

// critical, or what the task's `severity` permits; code "task.stale". A task that never succeeded is counted from
// first_seen on. Nothing without a max_age. This one needs no configuration, only what the store knows.
std::optional<Finding> staleness(const TaskStatus& status, Time now);

// The same at planning time; nothing for a disabled task, nor for one that never succeeded.
std::optional<Finding> staleness(const TaskSpec& spec, const TaskRecord& record, Time now);

}  // namespace maintain
