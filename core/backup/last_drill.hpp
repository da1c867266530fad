// What is remembered of the last drill of a task's copies.
#pragma once

#include <optional>
#include <string_view>

#include "model/backup_status.hpp"

namespace maintain {

// From the state that a drill leaves: {"last": {"time_ms", "passed", "seconds" if known}}. A worker wrote it: what does
// not have this form is no drill, so that nobody relies on one that there was not.
std::optional<Drill> parse_drill(std::string_view state);

}  // namespace maintain
