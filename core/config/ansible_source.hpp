// An Ansible inventory as the file system has it: a file in one of the formats, an executable, or a directory of them.
#pragma once

#include <filesystem>

#include "base/clock.hpp"
#include "config/ansible_inventory.hpp"

namespace maintain {

// The settled inventory, with group_vars and host_vars. An executable is run with --list, at most `timeout` long.
Result<AnsibleInventory> read_ansible_inventory(const std::filesystem::path& path,
                                                Milliseconds timeout = std::chrono::minutes(1));

}  // namespace maintain
