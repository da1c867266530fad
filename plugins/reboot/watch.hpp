// Keeping an eye on what a reboot has broken until it is back: without it, the next quiet run would count as recovery. Pure.
#pragma once

#include <optional>
#include <vector>

#include "reboot/memory.hpp"

namespace maintain::plugins::reboot {

// Nothing when there is nothing to watch.
std::optional<Watch> make_watch(const ServerSnapshot& before, const std::vector<Change>& changes, Moment since);

// Two watches as one.
std::optional<Watch> merge(std::optional<Watch> older, std::optional<Watch> newer);

// Those of the watched changes that are still there.
std::vector<Change> still_there(const Watch& watch, const ServerSnapshot& now);

}  // namespace maintain::plugins::reboot
