// `after`: tasks that go before others. Names must exist, and nobody can wait for himself.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "model/task_spec.hpp"

namespace maintain {

// Takes out of tasks those that wait for a task nobody declared and those that wait for each other in a circle, with an
// error for each. A task that waits for one that was declared but is not among tasks (it was bad) loses that wait:
// one bad task does not stop its neighbours.
void drop_impossible_sequences(const std::set<std::string>& declared, const std::string& file,
                               std::vector<TaskSpec>& tasks, std::vector<Error>& errors);

}  // namespace maintain
