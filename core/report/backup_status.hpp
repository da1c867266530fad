// Judgements on a task's copies, and how their sizes look at a glance. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/backup_status.hpp"

namespace maintain {

// Whether the newest verified copy is older than max_age; or there is none so long after the task was declared.
bool is_stale(const BackupStatus& status, Time now);

// Whether the second place may lack the newest copy for longer than it is allowed to; `second_behind`: since when.
bool is_second_stale(const BackupStatus& status, Time now);
std::optional<Time> second_behind(const BackupStatus& status);

// Whether a drill is owed: there can be one, and none has passed for so long that nobody knows whether the copies can
// be restored.
inline constexpr Seconds drill_patience = std::chrono::hours(24 * 90);
bool lacks_drill(const BackupStatus& status, Time now);

// A character per value, its height in proportion to the greatest one: a size that halves is half as high, one that
// stays about the same is a flat line. ascii: for terminals that cannot show blocks.
std::string sparkline(const std::vector<std::uint64_t>& values, bool ascii);

}  // namespace maintain
