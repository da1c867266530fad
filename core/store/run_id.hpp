// Names of runs: they sort by time and are short enough to be typed.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"

namespace maintain {

// "20261122T130341Z-4f2a"
std::string make_run_id(Time started, std::uint16_t random);
std::string new_run_id(Time started);  // with randomness of the machine

}  // namespace maintain
