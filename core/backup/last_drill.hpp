// What is remembered of the last drill of a task's copies.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "model/backup_status.hpp"

namespace maintain {

// {"time_ms", "ok" or "passed", "seconds" if known}, by itself or as "last" of a drill's state. A worker wrote it:
// what does not have this form is no drill, so that nobody relies on one that there was not.
std::optional<Drill> parse_drill(std::string_view json);

// _drill.json beside the copies. Nothing: there is none, or none that can be read.
std::optional<Drill> read_last_drill(const std::filesystem::path& copies);

}  // namespace maintain
