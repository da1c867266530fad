// What the server says of the paths before anything of them is copied.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maintain::plugins::backup {

// POSIX sh; its parameters: "mounts" when each path must be a mount point, else "any"; "ask" to look for files with
// holes (for a minute at most), else "no"; and the paths.
std::string inspect_script();

struct Inspection {
  std::string rsync;                // version; empty: there is none
  bool holes = true;                // larger files may have holes
  std::vector<std::string> states;  // of each path: one word
};

// Pure. Nothing when it is not what the script prints for so many paths.
std::optional<Inspection> parse_inspection(std::string_view output, std::size_t paths);

// Why a path in this state cannot be copied, for people; nothing: it can.
std::optional<std::string> why_not_copied(const std::string& path, std::string_view state);

// "rsync  version 3.2.7  protocol version 31" -> "3.2.7"; empty when it is something else.
std::string rsync_version(std::string_view output);

}  // namespace maintain::plugins::backup
