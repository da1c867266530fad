#include "plan/run_order.hpp"

#include <algorithm>
#include <numeric>

namespace maintain {

std::vector<std::size_t> run_order(const std::vector<OrderedTask>& tasks) {
  std::vector<std::size_t> waiting(tasks.size());
  std::iota(waiting.begin(), waiting.end(), std::size_t{0});
  std::stable_sort(waiting.begin(), waiting.end(),
                   [&](std::size_t a, std::size_t b) { return tasks[a].order < tasks[b].order; });

  std::vector<std::size_t> order;
  std::vector<bool> placed(tasks.size(), false);
  const auto is_free = [&](std::size_t task) {
    return std::all_of(tasks[task].after.begin(), tasks[task].after.end(),
                       [&](std::size_t before) { return before == task || placed.at(before); });
  };
  while (!waiting.empty()) {
    auto chosen = std::find_if(waiting.begin(), waiting.end(), is_free);
    if (chosen == waiting.end()) chosen = waiting.begin();  // a circle
    placed[*chosen] = true;
    order.push_back(*chosen);
    waiting.erase(chosen);
  }
  return order;
}

}  // namespace maintain
