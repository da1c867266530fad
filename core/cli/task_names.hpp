// Whether the tasks that a person named are there at all.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "run/supervisor.hpp"

namespace maintain {

// A usage error for each of the names (of --task and --now) that no task of any plan goes by. None while a server could
// not be looked at, or one of its configurations not be read: the task may be there.
std::vector<Error> unknown_task_names(const RunResult& result, const std::set<std::string>& names);

}  // namespace maintain
