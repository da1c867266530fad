// A host of an Ansible inventory -> Server.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "config/ansible_inventory.hpp"
#include "model/server.hpp"

namespace maintain {

struct AnsibleServerRules {
  std::filesystem::path home;       // for ~/ in key files
  std::filesystem::path directory;  // relative key files are below it
};

// The server that `name` is reached as. What of the host's variables has no effect here is told in `warnings`; `told`
// keeps a group's variable from being told once for each of its hosts.
Server server_from_host(const AnsibleInventory& inventory, const AnsibleHost& host, const std::string& name,
                        const AnsibleServerRules& rules, std::set<std::string>& told, std::vector<Error>& warnings);

}  // namespace maintain
