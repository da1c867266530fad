// Keys of a task that make a second task beside it: `drill: {when: …}` in `orders` makes `orders.drill`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/task_entry.hpp"

namespace maintain {

// Takes the type's companion keys out of the entry.
std::vector<YamlEntry> take_companions(TaskEntry& entry, const TaskType& type);

// The second task. Its options are its own keys and "parent": {"type", "options"} of the first; it goes after that one
// and keeps its time zone where it names none. nullopt when anything is wrong; then errors were added.
std::optional<TaskSpec> read_companion(const YamlEntry& entry, const TaskSpec& parent, const TaskType& parent_type,
                                       const ConfigRules& rules, const std::string& file, std::vector<Error>& errors);

// "orders.drill"
std::string companion_name(const std::string& task, const std::string& key);

}  // namespace maintain
