// Where things are when nobody says otherwise: the directories of a system service, or of a user (XDG).
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "config/settings.hpp"

namespace maintain {

struct Platform {
  bool system_user = false;            // root, or the user `maintain` of the Debian package
  std::filesystem::path home;
  std::filesystem::path program_directory;  // where this program is; the installed plugins are found from there
  std::function<std::optional<std::string>(const char* name)> environment;

  static Platform here();
};

// See find_config_directory() in settings.hpp.
std::filesystem::path find_config_directory(const Platform& platform, const std::optional<std::string>& option,
                                            const std::filesystem::path& working_directory);

// Settings without any maintain.yml.
Settings default_settings(const Platform& platform, const std::filesystem::path& config_directory);

// Where control sockets go. A system user has them beside its state: a directory in /run would have to be made by root,
// again after each boot.
std::filesystem::path default_run_directory(const Platform& platform, const std::filesystem::path& state_directory);

// $MAINTAIN_PLUGIN_PATH, a list with colons; nullopt when it is not set.
std::optional<std::vector<std::filesystem::path>> plugin_path(const Platform& platform);

}  // namespace maintain
