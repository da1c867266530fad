// All servers and how to reach them: servers.yml joined with an Ansible inventory.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/settings.hpp"
#include "model/server.hpp"

namespace maintain {

struct Inventory {
  std::vector<Server> servers;       // sorted by wave, then in the order of servers.yml
  std::vector<Error> warnings;       // what was read but has no effect here, each with its place

  const Server* find(const std::string& name) const;
};

// Reads servers.yml and, when there is one, the Ansible inventory from the settings' directory. An inventory alone
// works too: then every host of it is a server.
Result<Inventory> read_inventory(const Settings& settings);

}  // namespace maintain
