// Settings of the maintenance server: maintain.yml, and the defaults of the platform.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace maintain {

// A second place for copies: a restic repository. What it takes to open it may also stand in the environment file.
struct SecondPlace {
  std::string repository;                   // as restic names it, without a password; empty: in the environment file
  std::filesystem::path password_file;      // empty: in the environment file
  std::filesystem::path environment_file;   // lines NAME=value: the keys of S3 and the like; empty: none
  Seconds max_age = std::chrono::hours(48); // the newest copy of each task is there at least so often
  std::string keep;                         // JSON, as keep_copies; empty: nothing is removed there
};

struct Settings {
  std::filesystem::path config_directory;   // where servers.yml is
  std::filesystem::path state_directory;    // /var/lib/maintain, or XDG_STATE_HOME/maintain
  std::filesystem::path backup_directory;   // state_directory/backups
  // control sockets: state_directory/run, or a user's XDG_RUNTIME_DIR/maintain
  std::filesystem::path run_directory;
  std::filesystem::path inventory;          // Ansible inventory; empty: config_directory/inventory if it exists
  std::vector<std::filesystem::path> plugin_directories;  // searched in order, the bundled plugins' last
  std::vector<std::string> known_hosts_files;             // first one is ours: config_directory/known_hosts
  std::vector<std::string> identity_files;
  int forks = 16;                           // servers at once, 1..256
  Seconds config_cache = std::chrono::hours(4);
  Seconds connect_timeout = std::chrono::seconds(15);
  Seconds handshake_timeout = std::chrono::seconds(15);
  Seconds authentication_timeout = std::chrono::seconds(15);
  Seconds keepalive = std::chrono::seconds(20);   // 0: none
  Seconds reminder = std::chrono::hours(24);
  Seconds keep_successes = std::chrono::hours(24 * 30);
  Seconds keep_failures = std::chrono::hours(24 * 365);
  std::size_t output_limit = 1024 * 1024;   // bytes of output kept per task
  std::uint64_t min_free = std::uint64_t{1} << 30;  // bytes that copies leave free on their disk; 0: not looked at
  std::string snapshots = "auto";           // how copies share what did not change; in core/backup's words
  // JSON, in core/backup's words: what of the copies is kept where a task says nothing
  std::string keep_copies = R"({"daily":7,"weekly":4,"monthly":6})";
  std::vector<std::string> http_allow;      // beginnings of URLs that any plugin may ask
  std::map<std::string, std::string> http_instead;  // beginnings of URLs -> what is asked in their place
  std::optional<SecondPlace> second;        // no second place unless it is set
  std::vector<std::string> worker_command;  // argv of the worker; empty: the installed one
};

// The directory that --config, $MAINTAIN_CONFIG_DIR, ./servers.yml, or the platform's default names, in that order.
std::filesystem::path find_config_directory(const std::optional<std::string>& option);

// Platform defaults, then maintain.yml when it exists. Unknown and duplicate keys are errors with their place.
Result<Settings> read_settings(const std::filesystem::path& config_directory);

}  // namespace maintain
