#include "config/platform.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <system_error>
#include <vector>

#include "base/text.hpp"

namespace maintain {
namespace fs = std::filesystem;
namespace {

// A base directory of the XDG specification, which says that a path that is not absolute is to be ignored.
fs::path xdg(const Platform& platform, const char* variable, const char* below_home) {
  const std::optional<std::string> value = platform.environment(variable);
  if (value && value->starts_with('/')) return *value;
  return platform.home / below_home;
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// Beside the program, so that a package may put both below another prefix than they were built for.
fs::path installed_plugins(const Platform& platform) {
  const fs::path beside = (platform.program_directory / MAINTAIN_PLUGINS_FROM_PROGRAM).lexically_normal();
  return !platform.program_directory.empty() && is_there(beside) ? beside : fs::path(MAINTAIN_PLUGIN_DIR);
}

}  // namespace

Platform Platform::here() {
  Platform platform;
  platform.environment = [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? std::optional<std::string>(value) : std::nullopt;
  };
  const passwd* user = getpwuid(geteuid());
  platform.system_user = geteuid() == 0 || (user != nullptr && std::string_view(user->pw_name) == "maintain");
  platform.home = platform.environment("HOME").value_or(user != nullptr ? user->pw_dir : "/");
  std::error_code ignored;
  platform.program_directory = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  return platform;
}

fs::path find_config_directory(const Platform& platform, const std::optional<std::string>& option,
                               const fs::path& working_directory) {
  if (option) return working_directory / *option;
  if (const auto named = platform.environment("MAINTAIN_CONFIG_DIR")) return working_directory / *named;
  if (is_there(working_directory / "servers.yml")) return working_directory;
  return platform.system_user ? fs::path("/etc/maintain") : xdg(platform, "XDG_CONFIG_HOME", ".config") / "maintain";
}

Settings default_settings(const Platform& platform, const fs::path& config_directory) {
  Settings settings;
  settings.config_directory = config_directory;
  settings.state_directory =
      platform.system_user ? fs::path("/var/lib/maintain")
                           : xdg(platform, "XDG_STATE_HOME", ".local/state") / "maintain";
  settings.run_directory = default_run_directory(platform, settings.state_directory);
  settings.backup_directory = settings.state_directory / "backups";
  if (is_there(config_directory / "inventory")) settings.inventory = config_directory / "inventory";
  settings.known_hosts_files = {config_directory / "known_hosts", platform.home / ".ssh/known_hosts",
                                "/etc/ssh/ssh_known_hosts"};
  settings.plugin_directories = plugin_path(platform).value_or(std::vector<fs::path>{installed_plugins(platform)});
  return settings;
}

fs::path default_run_directory(const Platform& platform, const fs::path& state_directory) {
  // cron sets no XDG_RUNTIME_DIR.
  const auto runtime = platform.system_user ? std::nullopt : platform.environment("XDG_RUNTIME_DIR");
  return runtime && runtime->starts_with('/') ? fs::path(*runtime) / "maintain" : state_directory / "run";
}

std::optional<std::vector<fs::path>> plugin_path(const Platform& platform) {
  const auto value = platform.environment("MAINTAIN_PLUGIN_PATH");
  if (!value) return std::nullopt;
  std::vector<fs::path> directories;
  for (const std::string& directory : split(*value, ':')) {
    if (!directory.empty()) directories.emplace_back(directory);
  }
  return directories;
}

}  // namespace maintain
