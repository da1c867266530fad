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

TEST_CASE("options of backups that exclude or need each other are told with their place") {
  ConfigRules rules = test_rules();
  rules.types = types_below(repository / "plugins");
  const std::string name = "task 'one': ";  // that every error begins with, behind its place
  const auto problem = [&](const std::string& options) {
    const ParsedProject parsed =
        parse_project_config("shop.yml", "version: 2\ntasks:\n  one:\n    use: backup." + options + "\n", rules);
    INFO(options);
    CHECK(parsed.errors.size() <= 1);
    std::string told = parsed.errors.empty() ? std::string() : parsed.errors.front().describe();
    if (const std::size_t at = told.find(name); at != std::string::npos) told.erase(at, name.size());
    return told;
  };
  CHECK(problem("database\n    engine: postgresql\n    database: orders").empty());
  CHECK(problem("database\n    engine: sqlite\n    database: [/srv/a.db, /srv/b.db]").empty());
  CHECK(problem("database\n    engine: command\n    command: dump --all\n    trailer: end").empty());
  CHECK(problem("database\n    engine: postgresql\n    database: a\n    format: plain\n    layout: legacy").empty());
  CHECK(problem("docker_volume\n    label: backup=yes\n    quiesce_limit: 30s").empty());

  CHECK(problem("database\n    engine: postgresql") ==
        "shop.yml:5:5: it must have `database` with this engine: a name, a list, or all");
  CHECK(problem("database\n    engine: sqlite\n    database: all").starts_with("shop.yml:5:5: it must have "
                                                                              "`database` with the engine sqlite"));
  CHECK(problem("database\n    engine: command").starts_with("shop.yml:5:5: it must have `command`"));
  CHECK(problem("database\n    engine: mariadb\n    database: a\n    format: custom") ==
        "shop.yml:7:5: it must have `format` with the engine postgresql only");
  CHECK(problem("database\n    engine: command\n    command: x\n    database: a").starts_with("shop.yml:7:5: "));
  CHECK(problem("database\n    engine: sqlite\n    database: /a\n    layout: legacy").starts_with("shop.yml:7:5: "));
  CHECK(problem("docker_volume\n    volumes: [a]\n    label: b").ends_with(
      ": it must have either `volumes` or `label`: which volumes to copy"));
  CHECK_THAT(problem("docker_volume\n    quiesce: pause"), Catch::StartsWith("shop.yml:3:3: it must have either"));
  CHECK(problem("docker_volume\n    label: a\n    quiesce_limit: 10s") ==
        "shop.yml:6:20: 'quiesce_limit' must be at least 30s, not '10s'");
  CHECK(problem("docker_volume\n    volumes: [a, a]").find("'a' twice") != std::string::npos);
  CHECK(problem("directory\n    paths: [srv]") == "shop.yml:5:13: 'paths[0]' must be an absolute path, not 'srv'");
  CHECK(problem("directory\n    paths: [/srv]\n    max_bytes: 5G") ==
        "shop.yml:6:16: 'max_bytes' must be a size like 500GiB, not '5G'");
}
