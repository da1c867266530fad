// Where a copy is restored to, as people write it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace maintain::plugins::backup {

enum class TargetKind {
  directory,  // on the maintenance server
  path,       // on the task's server
  database,   // likewise
  volume,     // of docker or podman, likewise
};

struct RestoreTarget {
  TargetKind kind = TargetKind::directory;
  std::string name;  // an absolute path without "." and ".."; of a database or volume its name
};

// "/DIR", "SERVER:/PATH", "database:NAME", "volume:NAME"; "SERVER:" may stand before these two, too. server: the
// task's, the only one that is taken. Throws sdk::InvalidOption.
RestoreTarget parse_restore_target(std::string_view text, std::string_view server);

// As they are shown.
std::string describe(const RestoreTarget& target, const std::string& server);

}  // namespace maintain::plugins::backup
