#include "config/task_sequence.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/yaml_scalar.hpp"

namespace maintain {
namespace {

// The names on one circle of `after`, beginning anywhere on it; empty when there is none. Depth-first, with a stack of
// our own: a chain of tasks may be thousands long.
std::vector<std::string> find_circle(const std::vector<TaskSpec>& tasks) {
  struct Visit {
    const TaskSpec* task;
    std::size_t next = 0;   // of task->after
  };
  std::map<std::string, const TaskSpec*> by_name;
  for (const TaskSpec& task : tasks) by_name[task.name] = &task;
  std::set<std::string> done, on_path;
  for (const TaskSpec& start : tasks) {
    std::vector<Visit> path;
    if (!done.contains(start.name)) {
      path.push_back({&start});
      on_path.insert(start.name);
    }
    while (!path.empty()) {
      Visit& visit = path.back();
      if (visit.next == visit.task->after.size()) {
        on_path.erase(visit.task->name);
        done.insert(visit.task->name);
        path.pop_back();
        continue;
      }
      const std::string& name = visit.task->after[visit.next++];
      const auto waited_for = by_name.find(name);
      if (waited_for == by_name.end() || done.contains(name)) continue;
      if (!on_path.insert(name).second) {
        std::vector<std::string> circle;
        for (const Visit& step : path)
          if (!circle.empty() || step.task->name == name) circle.push_back(step.task->name);
        return circle;
      }
      path.push_back({waited_for->second});
    }
  }
  return {};
}

}  // namespace

void drop_impossible_sequences(const std::set<std::string>& declared, const std::string& file,
                               std::vector<TaskSpec>& tasks, std::vector<Error>& errors) {
  const std::vector<std::string> names(declared.begin(), declared.end());
  std::set<std::string> dropped;
  const auto drop = [&](const TaskSpec& task, std::string message, std::string hint) {
    errors.push_back({ErrorKind::configuration, fmt::format("task '{}': {}", task.name, message), std::move(hint),
                      Position{file, task.where.line, task.where.column}});
    dropped.insert(task.name);
  };
  const auto take_out_dropped = [&] {
    std::erase_if(tasks, [&](const TaskSpec& task) { return dropped.contains(task.name); });
  };
  int suggestions = 20;  // each costs a comparison with every name, and the text is a server's
  for (const TaskSpec& task : tasks) {
    const auto unknown = std::find_if(task.after.begin(), task.after.end(),
                                      [&](const std::string& name) { return !declared.contains(name); });
    if (unknown != task.after.end()) {
      const std::string near = suggestions-- > 0 ? nearest(*unknown, names) : std::string();
      drop(task, fmt::format("'after' names {}, which this file does not declare", shown(*unknown)),
           near.empty() ? "" : fmt::format("did you mean '{}'?", near));
    } else if (std::find(task.after.begin(), task.after.end(), task.name) != task.after.end()) {
      drop(task, "'after' names the task itself", "");
    }
  }
  take_out_dropped();
  // Each turn takes out at least one task.
  for (std::vector<std::string> circle = find_circle(tasks); !circle.empty(); circle = find_circle(tasks)) {
    const std::string told = shorten(fmt::format("'after' goes in a circle: {} waits for {}",
                                                 join(circle, " waits for "), circle.front()), 300);
    for (const TaskSpec& task : tasks)
      if (std::find(circle.begin(), circle.end(), task.name) != circle.end()) drop(task, told, "");
    take_out_dropped();
  }
  std::set<std::string> kept;
  for (const TaskSpec& task : tasks) kept.insert(task.name);
  for (TaskSpec& task : tasks) std::erase_if(task.after, [&](const std::string& name) { return !kept.contains(name); });
}

}  // namespace maintain
