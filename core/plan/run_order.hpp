// In which order the due tasks of a server run.
#pragma once

#include <cstddef>
#include <vector>

#include "model/task_type.hpp"

namespace maintain {

struct OrderedTask {
  Order order = Order::middle;
  std::vector<std::size_t> after = {};  // indices of tasks that go before
};

// Indices in running order: by order class, then as given; but never before what a task comes `after`, which wins over
// the classes. A circle in `after` is broken at the task that would otherwise come first.
std::vector<std::size_t> run_order(const std::vector<OrderedTask>& tasks);

}  // namespace maintain
