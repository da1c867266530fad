// The patterns of ssh_config and known_hosts: * and ?, lists with commas, ! for exceptions; letters in either case.
#pragma once

#include <string_view>

namespace maintain {

bool matches_pattern(std::string_view name, std::string_view pattern);

// Whether a pattern of the list matches and none of its exceptions does.
bool matches_pattern_list(std::string_view name, std::string_view list);

}  // namespace maintain
