// The manifests in this repository against the rules for manifests' schemas and claims, and the earlier bot's files
// against the claims. (How a manifest is read in earnest is core/plugin's; here its JSON is enough.)
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "config/legacy_config.hpp"
#include "config/task_entry.hpp"
#include "config/test_rules.hpp"

using namespace maintain;
using Json = nlohmann::json;

namespace {

const std::filesystem::path repository = std::filesystem::path(MAINTAIN_TESTDATA) / "../../..";

std::vector<TaskType> types_in(const std::filesystem::path& manifest) {
  std::ifstream file(manifest);
  const Json json = Json::parse(file);
  std::vector<TaskType> types;
  for (const Json& task : json["tasks"]) {
    TaskType type = make_type(task["type"], task["permission"], task["schema"].dump());
    type.plugin = json["id"];
    for (const Json& claim : task.value("legacy", Json::array()))
      type.legacy.push_back({claim["key"], claim.value("status_key", ""), claim.value("nickname", ""),
                             claim.value("options", Json::object()).dump(), claim.value("defaults", Json::object())
                                 .dump()});
    types.push_back(std::move(type));
  }
  return types;
}

std::vector<TaskType> types_below(const std::filesystem::path& directory) {
  std::vector<TaskType> types;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (const auto manifest = entry.path() / "manifest.json"; std::filesystem::exists(manifest))
      for (TaskType& type : types_in(manifest)) types.push_back(std::move(type));
  return types;
}

}  // namespace

TEST_CASE("every manifest here keeps to the schema subset, and its claims lead somewhere") {
  std::vector<TaskType> types = types_below(repository / "plugins");
  CHECK(types.size() >= 5);
  for (TaskType& type : types_below(repository / "examples")) types.push_back(std::move(type));
  for (const TaskType& type : types) {
    INFO(type.name);
    const auto accepted = check_task_schema(type.schema);
    if (!accepted) FAIL_CHECK(accepted.error().describe());
    for (const LegacyClaim& claim : type.legacy)
      for (const Error& error : check_legacy_claim(claim, type)) FAIL_CHECK(error.describe());
  }
}

TEST_CASE("every key of the earlier bot becomes a task, or names the plugin that is missing") {
  ConfigRules rules = test_rules();
  rules.types = types_below(repository / "plugins");
  std::set<std::string> plugins;
  for (const TaskType& type : rules.types) plugins.insert(type.plugin);
  for (const char* name : {"legacy-role.yml", "legacy-all.yml", "legacy-quoted.yml"}) {
    std::ifstream file(std::filesystem::path(MAINTAIN_TESTDATA) / name);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const ParsedProject parsed = parse_project_config(std::string(legacy_config_path), text, rules);
    INFO(name);
    CHECK(parsed.usable);
    CHECK(parsed.project.tasks.size() >= 3);
    for (const Error& error : parsed.errors) {
      INFO(error.describe());
      const std::size_t plugin = error.message.find("needs the plugin '");
      REQUIRE(plugin != std::string::npos);
      const std::string missing = error.message.substr(plugin + 18,
                                                       error.message.find('\'', plugin + 18) - plugin - 18);
      CHECK_FALSE(plugins.contains(missing));
    }
  }
}
