// What a task by hand is given to work with: what the person said, over what the project's configuration says.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "model/plan.hpp"
#include "model/project.hpp"
#include "model/task_type.hpp"

namespace maintain {

// The options of `task` as its plugin gets them. Those it has are the person's and win. Below them lie those of the
// task of this name, where the project has one (a drill that is also scheduled), and the defaults of the type. "parent"
// (type and options) tells of the task that it belongs to; it is missing where no project declares that any more: the
// copies are then all there is to go by. Pure. Errors: configuration, of the person's options.
Result<std::string> options_by_hand(const PlannedTask& task, const std::vector<Project>& projects,
                                    const TaskType& type);

}  // namespace maintain
