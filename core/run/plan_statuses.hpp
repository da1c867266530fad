// What `maintain status` is told of a server's tasks, from its plan.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/plan.hpp"
#include "model/status.hpp"

namespace maintain {

std::vector<TaskStatus> statuses_of(const Plan& plan, const std::map<std::string, std::string>& contacts, Time now);

// The same tasks as they stand after those in `ran` did: when each is due next. What was said of the others still
// holds; only he who read the server's configurations knows all that it rests on.
Plan replanned(const Plan& plan, const std::set<TaskKey>& ran,
               const std::vector<std::pair<TaskKey, TaskRecord>>& records, Time now);

// An error says what is impossible about a plan that a worker sent; its texts are made fit to be shown.
Result<void> accept_plan(Plan& plan, const std::string& server);

}  // namespace maintain
