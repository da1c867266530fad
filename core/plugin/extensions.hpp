// The extensions this program offers to plugins.
#pragma once

#include <string_view>
#include <vector>

namespace maintain {

const std::vector<std::string_view>& offered_extensions();
bool is_offered_extension(std::string_view id);
// The C table of an extension, or nullptr.
const void* extension_table(std::string_view id);

}  // namespace maintain
