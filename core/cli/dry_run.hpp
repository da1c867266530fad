// What `maintain run --dry-run` shows.
#pragma once

#include <string>

#include "run/supervisor.hpp"
#include "store/state_store.hpp"

namespace maintain {

// Every task that ran, with what it said it would do and the beginning of its output, which has the names (of packages,
// of files); then the servers that could not be asked. A person asked for it, so there is always something to read.
std::string describe_dry_run(const RunResult& result, const StateStore& store);

}  // namespace maintain
