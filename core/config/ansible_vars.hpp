// group_vars/ and host_vars/ beside an inventory: NAME, NAME.yml, NAME.yaml, NAME.json, or a directory NAME of such.
#pragma once

#include <filesystem>

#include "config/ansible_inventory.hpp"

namespace maintain {

// Reads those of the inventory's groups and hosts into group_files and host_files. Only names that begin with
// ansible_ are kept. A file that ansible-vault encrypted gives a warning.
Result<void> read_variable_files(AnsibleInventory& inventory, const std::filesystem::path& directory);

}  // namespace maintain
