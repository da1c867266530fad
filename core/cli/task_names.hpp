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

// A person who asks for a task with --now is owed a word when the plan does not let it run: it is switched off, or its
// project's allow list lacks the permission. Nobody reads plans of a run.
std::vector<Error> refused_now_tasks(const RunResult& result, const std::set<std::string>& names);

}  // namespace maintain
