#include "run/by_hand.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "config/json_schema.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;

constexpr const char* parent_key = "parent";

const TaskSpec* find_task(const std::vector<Project>& projects, const std::string& project, const std::string& name) {
  for (const Project& one : projects) {
    if (one.name != project) continue;
    for (const TaskSpec& task : one.tasks)
      if (task.name == name) return &task;
  }
  return nullptr;
}

}  // namespace

Result<std::string> options_by_hand(const PlannedTask& task, const std::vector<Project>& projects,
                                    const TaskType& type) {
  Json options = Json::object();
  // A task of this name that somebody wrote for something else has other options.
  const TaskSpec* same = find_task(projects, task.key.project, task.spec.name);
  if (same != nullptr && same->use == type.name && same->companion_of == task.spec.companion_of)
    options = Json::parse(same->options);
  options.erase(parent_key);
  options.update(Json::parse(task.spec.options));

  auto checked = apply_schema(options.dump(), type.schema.empty() ? R"({"type": "object"})" : type.schema);
  if (!checked) {
    Error error = checked.error();
    error.kind = ErrorKind::configuration;
    error.message = fmt::format("{} cannot be used like this: {}", type.name, error.message);
    return fail(std::move(error));
  }
  const TaskSpec* parent = find_task(projects, task.key.project, task.spec.companion_of);
  if (parent == nullptr) return checked;
  options = Json::parse(*checked);
  options[parent_key] = {{"type", parent->use}, {"options", Json::parse(parent->options)}};
  return options.dump();
}

}  // namespace maintain
