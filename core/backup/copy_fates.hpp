// Which of a task's copies stay. Pure.
#pragma once

#include <vector>

#include "backup/copy_manifest.hpp"
#include "backup/retention.hpp"

namespace maintain {

// So many unverified copies stay, the newest: a source that cannot be proved has some history, and does not fill the
// disk. The newest is what the next copy shares unchanged files with.
inline constexpr int kept_unverified = 3;

// One per copy, in the order given, which is newest first. The policy and min_verified are for the verified ones, and
// nothing else takes a place among them; what waits for a person stays.
std::vector<Fate> fates_of(const std::vector<CopyManifest>& newest_first, const RetentionPolicy& policy,
                           int min_verified, const WallClock& wall_clock);

}  // namespace maintain
