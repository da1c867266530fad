#include "common/lock_holders.hpp"

#include "common/program.hpp"
#include "common/sections.hpp"

namespace maintain::plugins {

// From /proc, because lsof and fuser are not on every server. An overlay file system and btrfs show another device
// number in /proc/locks than stat does, hence the look at the process's open files, which are named by their real
// path. dpkg and apt take POSIX locks. A line with "->" is somebody who waits; its fields are shifted and match
// nothing.
std::string_view lock_holders_function() {
  return R"sh(
lock_holders() {
  table=$(cat /proc/locks) || return 1
  for path in "$@"; do
    inode=$(stat -L -c %i "$path" 2>/dev/null) || continue
    real=$(readlink -f "$path")
    printf '%s\n' "$table" | while read -r number kind advisory access pid place range; do
      [ "$kind" = POSIX ] && [ "${place##*:}" = "$inode" ] || continue
      [ -n "$(find "/proc/$pid/fd" -lname "$real" 2>/dev/null)" ] || continue
      printf '%s\t%s\t%s\t%s\n' "$path" "$pid" "$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d ' ' -f 20)" \
        "$(tr '\000\n\t' '   ' <"/proc/$pid/cmdline" | cut -c 1-300)"
    done
  done
}
)sh";
}

std::vector<LockHolder> parse_lock_holders(std::string_view body) {
  constexpr std::size_t most_holders = 1000;
  std::vector<LockHolder> holders;
  for (const std::string_view line : split_lines(body)) {
    const auto fields = split_tabs(line);
    if (fields.size() < 4 || holders.size() == most_holders) continue;
    holders.push_back({.lock = std::string(fields[0]), .pid = std::string(fields[1]),
                       .started = parse_number(fields[2]).value_or(0), .command = std::string(trim(fields[3]))});
  }
  return holders;
}

std::string holder_name(const LockHolder& holder) {
  std::vector<std::string> words;
  for (const std::string_view word : split_words(holder.command)) words.emplace_back(word);
  const std::string_view program = program_of(words);
  return printable(program.empty() ? "process " + holder.pid : std::string(program));
}

}  // namespace maintain::plugins
