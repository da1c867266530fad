// One task's entry, for both formats: the keys that every task has, and the plugin's own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/json_schema.hpp"
#include "config/project_config.hpp"
#include "config/yaml_document.hpp"

namespace maintain {

// use, when, timezone, window, max_age, timeout, retry, after, enabled, severity: the core's, never a plugin's.
const std::vector<std::string>& common_task_keys();
bool is_common_task_key(std::string_view key);

// check_schema() plus what a task type's schema owes us: it describes a mapping and leaves the common keys alone (a
// project could never set an option of such a name). The first error. An empty text is a type without options.
Result<void> check_task_schema(const std::string& schema);

const TaskType* find_task_type(const ConfigRules& rules, std::string_view name);

struct TaskEntry {
  std::string name;
  Place place;         // of the task's key
  YamlNode common;     // mapping of common keys (without use)
  YamlNode own;        // mapping of the plugin's keys
};

// The entry as its task type reads it. nullopt when anything is wrong; then errors, each naming the task and its
// place, were added. Whether the names in `after` exist is not looked at.
std::optional<TaskSpec> read_task_entry(const TaskEntry& entry, const TaskType& type, const ConfigRules& rules,
                                        const std::string& file, Reading reading, const std::string& timezone,
                                        std::vector<Error>& errors);

// Only the common keys, for an entry whose type is unknown: a person who must edit the file anyway is told all of it.
void check_common_keys(const TaskEntry& entry, const ConfigRules& rules, const std::string& file, Reading reading,
                       std::vector<Error>& errors);

}  // namespace maintain
