// Readers of the formats an Ansible inventory comes in. Pure; `file` names the text in errors. Each adds to the
// inventory, which may hold other files' hosts already; after an error it is of no use.
#pragma once

#include <string>
#include <string_view>

#include "config/ansible_inventory.hpp"
#include "config/yaml_document.hpp"

namespace maintain {

Result<void> read_ansible_ini(AnsibleInventory& inventory, const std::string& file, std::string_view text);
Result<void> read_ansible_yaml(AnsibleInventory& inventory, const YamlDocument& document);
// What an executable inventory prints for --list.
Result<void> read_ansible_json(AnsibleInventory& inventory, const std::string& file, std::string_view text);

// Whether a text without a telling file name is YAML (a mapping) rather than INI.
bool looks_like_ansible_yaml(std::string_view text);

// Far beyond a project configuration's: the file is the operator's own.
YamlLimits ansible_yaml_limits();

// A mapping of variables, as in vars:, group_vars and host_vars.
AnsibleVariables ansible_variables(const std::string& file, const YamlNode& mapping);

}  // namespace maintain
