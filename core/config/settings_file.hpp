// maintain.yml -> Settings, apart from the machine's files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "config/platform.hpp"

namespace maintain {

// default_settings() with what the text says otherwise. `file` names it in errors, which hold everything that is wrong.
Result<Settings> parse_settings(const Platform& platform, const std::filesystem::path& config_directory,
                                const std::string& file, std::string_view text);

}  // namespace maintain
