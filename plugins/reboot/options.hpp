// The options of reboot.if_needed as manifest.json describes them; the defaults are the same.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

namespace maintain::plugins::reboot {

using sdk::Milliseconds;
using sdk::Moment;

// argv, or a text for /bin/sh.
struct Hook {
  std::vector<std::string> argv = {};
  std::string script = {};
};

struct Options {
  Milliseconds needs_time = std::chrono::minutes(5);
  Milliseconds return_within = std::chrono::minutes(15);
  Milliseconds settle = std::chrono::minutes(5);
  Milliseconds stable_for = std::chrono::minutes(2);
  Milliseconds max_postponement = std::chrono::hours(7 * 24);
  Milliseconds hook_timeout = std::chrono::minutes(5);
  bool ignore_users = false;
  std::vector<std::string> busy_processes = {
      "pg_dump", "pg_dumpall", "pg_restore", "pg_basebackup", "mysqldump", "mariadb-dump", "mariabackup", "xtrabackup",
      "mongodump", "borg", "borgmatic", "restic", "duplicity", "rsnapshot", "rsync", "fsck", "mkfs", "resize2fs"};
  std::optional<Hook> unless = {}, before = {}, after = {};
  std::string group = {};
  std::uint32_t group_limit = 1;
};

// Throws sdk::InvalidOption.
Options read_options(const sdk::Json& json);

}  // namespace maintain::plugins::reboot
