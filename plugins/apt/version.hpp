// The order of Debian package versions, as dpkg --compare-versions has it.
#pragma once

#include <string_view>

namespace maintain::plugins::apt {

// Negative, zero or positive as a is older than, the same as or newer than b. Any text has a place in the order.
int compare_versions(std::string_view a, std::string_view b);

}  // namespace maintain::plugins::apt
