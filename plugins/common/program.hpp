// What a process runs, from its command line. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace maintain::plugins {

// "/usr/bin/borg" -> "borg"
std::string_view base_name(std::string_view path);

// The program that runs: of "/usr/bin/python3 /usr/bin/borg create", borg. Empty without words.
std::string_view program_of(const std::vector<std::string>& words);

}  // namespace maintain::plugins
