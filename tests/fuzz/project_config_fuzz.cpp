// Any bytes as a project's configuration, of either format: never a crash; what becomes a task is fit to run.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <nlohmann/json.hpp>

#include "config/test_rules.hpp"
#include "config/yaml_scalar.hpp"
#include "model/names.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const maintain::ParsedProject& parsed, const maintain::ConfigRules& rules) {
  require(parsed.usable || (parsed.project.tasks.empty() && !parsed.errors.empty()));
  std::set<std::string> names;
  for (const maintain::TaskSpec& task : parsed.project.tasks) names.insert(task.name);
  require(names.size() == parsed.project.tasks.size());
  for (const maintain::TaskSpec& task : parsed.project.tasks) {
    require(maintain::is_valid_name(task.name));
    require(task.when.empty() || rules.check_cron(task.when).has_value());
    require(rules.is_known_zone(task.timezone));
    require(task.retry.first <= task.retry.longest && task.retry.first.count() > 0);
    require(!task.window || task.window->count() > 0);
    for (const std::string& name : task.after) require(names.contains(name) && name != task.name);
    require(maintain::parse_json(task.options).is_object());
    require(maintain::canonical_json(task.options).value() == task.options);
  }
  for (const maintain::Error& error : parsed.errors) require(!error.message.empty() && error.message.size() < 4000);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const maintain::ConfigRules rules = maintain::test_rules();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(maintain::parse_project_config("/etc/maintain.d/fuzz.yml", text, rules), rules);
  check(maintain::parse_project_config(std::string(maintain::legacy_config_path), text, rules), rules);
  return 0;
}
