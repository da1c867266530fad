// Inventories against what ansible-inventory --list prints for the same files; tests/oracle/ansible_inventories.py
// writes the golden files, and compares them with the installed Ansible.
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "base/fd.hpp"
#include "config/ansible_source.hpp"
#include "config/yaml_scalar.hpp"

using namespace maintain;
using Json = nlohmann::json;

namespace {

const std::filesystem::path data = MAINTAIN_TESTDATA "/inventory";

// Values as text, yes and true alike: the reader keeps what is written.
Json comparable(const std::string& text) {
  const std::optional<bool> boolean = boolean_word(text);
  return boolean ? Json(*boolean) : Json(text);
}
Json comparable(const Json& value) {
  if (value.is_structured() || value.is_null()) return nullptr;
  return comparable(value.is_string() ? value.get<std::string>() : value.dump());
}

std::vector<std::string> names_of(const AnsibleInventory& inventory, const std::vector<std::size_t>& hosts) {
  std::vector<std::string> names;
  for (const std::size_t host : hosts) names.push_back(inventory.hosts()[host].name);
  return names;
}

void compare(const std::string& name, const std::string& source) {
  INFO(name);
  const Result<AnsibleInventory> inventory = read_ansible_inventory(data / source);
  INFO((inventory ? "" : inventory.error().describe()));
  REQUIRE(inventory);
  const Json golden = Json::parse(read_file(data / (name + ".golden.json"), 1 << 20).value());

  std::size_t members = 0;
  for (const auto& [group_name, golden_group] : golden.items()) {
    if (group_name == "_meta") continue;
    INFO("group " << group_name);
    const auto group = inventory->find_group(group_name);
    REQUIRE(group);
    const std::vector<std::string> hosts = names_of(*inventory, inventory->groups()[*group].hosts);
    if (group_name != "all") CHECK(Json(hosts) == golden_group.value("hosts", Json::array()));
    members += hosts.size();
    std::vector<std::string> children;
    for (const std::size_t child : inventory->groups()[*group].children)
      children.push_back(inventory->groups()[child].name);
    std::vector<std::string> golden_children = golden_group.value("children", std::vector<std::string>{});
    std::sort(children.begin(), children.end());
    std::sort(golden_children.begin(), golden_children.end());
    CHECK(children == golden_children);
  }
  CHECK(members >= inventory->hosts().size());

  const Json& golden_variables = golden["_meta"]["hostvars"];
  for (const AnsibleHost& host : inventory->hosts()) {
    INFO("host " << host.name);
    Json variables = Json::object(), expected = Json::object();
    for (const auto& [key, value] : inventory->variables_of(host)) {
      variables[key] = value.is_scalar ? comparable(value.text) : Json();
    }
    const Json golden_host = golden_variables.value(host.name, Json::object());
    for (const auto& [key, value] : golden_host.items()) expected[key] = comparable(value);
    CHECK(variables == expected);
  }
  for (const auto& [host, variables] : golden_variables.items()) CHECK(inventory->find_host(host));
}

}  // namespace

TEST_CASE("an INI inventory says what it says to Ansible") { compare("ini", "ini/hosts"); }
TEST_CASE("variables win in Ansible's order") { compare("ini-precedence", "ini-precedence/hosts"); }
TEST_CASE("a YAML inventory says what it says to Ansible") { compare("yaml", "yaml/hosts.yml"); }
TEST_CASE("group_vars and host_vars are read as Ansible reads them") {
  compare("variable-files", "variable-files/hosts");
}
TEST_CASE("an executable inventory says what it says to Ansible") { compare("executable", "executable/inventory.py"); }
TEST_CASE("the earlier bot's inventory says what it says to Ansible") {
  compare("earlier-bot", "earlier-bot/inventory");
}
TEST_CASE("a directory of inventories says what it says to Ansible") { compare("directory", "directory"); }
