#include "backup/tree/rsync_failure.hpp"

#include <algorithm>

namespace maintain::plugins::backup {
namespace {

std::string line_with(const std::vector<std::string>& lines, std::string_view part) {
  for (const std::string& line : lines)
    if (line.find(part) != std::string::npos) return line;
  return {};
}

std::string sudo_text(const RsyncTrouble& trouble, const RsyncSides& sides) {
  return "sudo on " + sides.server + " does not allow rsync as root (" + line_with(trouble.other, "sudo: ") +
         "): allow it in sudoers, with NOPASSWD: " + (sides.is_here ? "/usr/bin/env" : "/usr/bin/rsync") +
         ", or set sudo: false in the task";
}

}  // namespace

std::string joined(const std::vector<std::string>& texts, std::uint64_t count, std::size_t most,
                   const std::string& separator) {
  std::string all;
  const std::size_t shown = std::min(most, texts.size());
  for (std::size_t i = 0; i < shown; ++i) all += (i == 0 ? "" : separator) + texts[i];
  if (count > shown) all += separator + "and " + std::to_string(count - shown) + " more";
  return all;
}

std::string rsync_failure_text(int status, int signal, const RsyncTrouble& trouble, const RsyncSides& sides) {
  if (trouble.no_rsync) return "rsync is not installed on " + sides.server + ": install the package rsync there";
  if (trouble.sudo_refused) return sudo_text(trouble, sides);
  if (trouble.unknown_option)
    return "the rsync on " + sides.server + " is too old for this (" + line_with(trouble.other, "unknown option") +
           "): install a newer one, 3.1 at least";
  if (trouble.no_attributes)
    return sides.writes_to + " takes no extended attributes (user.*), which hold owners and modes: use ext4, xfs or "
           "btrfs there, mounted with them";
  if (trouble.no_space) return sides.writes_to + " is full: make room there";
  if (!trouble.missing.empty())
    return "not on " + sides.server + ": " + joined(trouble.missing, trouble.missing.size(), 5);
  std::string text = signal != 0 ? "rsync was ended by signal " + std::to_string(signal)
                                 : "rsync failed: " + rsync_status_text(status);
  if (signal == 0 && text.find("status") == std::string::npos) text += " (status " + std::to_string(status) + ")";
  if (!trouble.other.empty()) text += ": " + joined(trouble.other, trouble.other.size(), 3, "; ");
  return text;
}

}  // namespace maintain::plugins::backup
