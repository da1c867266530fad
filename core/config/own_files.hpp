// What is well written in our own files, and yet cannot work.
#pragma once

#include <vector>

#include "base/error.hpp"
#include "config/inventory.hpp"
#include "config/settings.hpp"

namespace maintain {

// Warnings for `maintain config check`: key and password files that are not there or that we may not read, plugin
// directories that do not exist, an inventory without servers, options of ssh for a transport that has none, and facts
// in `expect` that no server has. Looks at the file system; contacts nobody.
std::vector<Error> doubts_about(const Settings& settings, const Inventory& inventory);

}  // namespace maintain
