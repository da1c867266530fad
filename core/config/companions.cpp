#include "config/companions.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "config/problems.hpp"
#include "config/yaml_scalar.hpp"
#include "model/names.hpp"

namespace maintain {
namespace {

const Companion* find_companion(const TaskType& type, const std::string& key) {
  const auto found = std::find_if(type.companions.begin(), type.companions.end(),
                                  [&](const Companion& companion) { return companion.key == key; });
  return found == type.companions.end() ? nullptr : &*found;
}

}  // namespace

std::string companion_name(const std::string& task, const std::string& key) { return task + "." + key; }

std::vector<YamlEntry> take_companions(TaskEntry& entry, const TaskType& type) {
  std::vector<YamlEntry> taken;
  std::vector<YamlEntry>& own = entry.own.entries;
  const auto first = std::stable_partition(own.begin(), own.end(), [&](const YamlEntry& part) {
    return find_companion(type, part.key) == nullptr;
  });
  std::move(first, own.end(), std::back_inserter(taken));
  own.erase(first, own.end());
  return taken;
}

std::optional<TaskSpec> read_companion(const YamlEntry& entry, const TaskSpec& parent, const TaskType& parent_type,
                                       const ConfigRules& rules, const std::string& file,
                                       std::vector<Error>& errors) {
  const auto wrong = [&](Place place, std::string message, std::string hint = {}) {
    errors.push_back({ErrorKind::configuration, fmt::format("task '{}': {}", parent.name, message), std::move(hint),
                      Position{file, place.line, place.column}});
    return std::nullopt;
  };
  const Companion* companion = find_companion(parent_type, entry.key);
  const TaskType* type = companion == nullptr ? nullptr : find_task_type(rules, companion->type);
  if (type == nullptr) return wrong(entry.key_place, fmt::format("no installed plugin knows '{}'", entry.key));
  if (entry.value.kind != YamlNode::Kind::mapping)
    return wrong(entry.key_place, fmt::format("'{}' must be a mapping", entry.key),
                 fmt::format("as in {}: {{when: \"0 3 * * sun\"}}", entry.key));

  TaskEntry task;
  task.name = companion_name(parent.name, entry.key);
  task.place = entry.key_place;
  task.common.kind = task.own.kind = YamlNode::Kind::mapping;
  task.common.place = task.own.place = entry.key_place;
  if (!is_valid_name(task.name))
    return wrong(entry.key_place, fmt::format("'{}' is too long for a task's name", task.name),
                 "give the task a shorter name");
  if (const YamlEntry* after = entry.value.find("after"))
    return wrong(after->key_place, fmt::format("'{}' goes after its task and nothing else", entry.key));
  // Keys that are repeated were told with those of the task.
  for (const YamlEntry& part : entry.value.entries)
    (is_common_task_key(part.key) && part.key != "use" ? task.common : task.own).entries.push_back(part);

  auto spec = read_task_entry(task, *type, rules, file, Reading::yaml, parent.timezone, errors);
  if (!spec) return std::nullopt;
  nlohmann::json options = parse_json(spec->options);
  options["parent"] = {{"type", parent.use}, {"options", parse_json(parent.options)}};
  spec->options = canonical_text(options);
  spec->companion_of = parent.name;
  spec->after = {parent.name};
  return spec;
}

}  // namespace maintain
