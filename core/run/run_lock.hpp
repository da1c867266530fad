// One run at a time: the lock that `maintain run` holds from its first decision to its report.
#pragma once

#include <filesystem>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"

namespace maintain {

// Held until it is destroyed or the process ends, however it ends (flock): it cannot go stale.
struct RunLock {
  UniqueFd file;
};

// Takes state_directory/run.lock and writes into it who holds it. busy names the other run's process and since when.
Result<RunLock> take_run_lock(const std::filesystem::path& state_directory, Time now);

}  // namespace maintain
