#include "backup/tree/tree_inspect.hpp"

#include "common/sections.hpp"

namespace maintain::plugins::backup {

// A link is not followed: where it leads may change between now and rsync, and rsync would copy the link alone.
// Where find or timeout lacks a word that is used here, or find complains, files with holes are possible.
std::string inspect_script() {
  return R"sh(LC_ALL=C
export LC_ALL
echo "program $(rsync --version 2>/dev/null | head -n 1)"
wanted=$1
holes=$2
shift 2
if [ "$holes" = ask ]; then
  { timeout 60 find "$@" -type f -size +128k -printf '%S\n' 2>/dev/null && echo all; } |
    awk '$1 == "all" { all = 1; next } $1 < 0.9 { some = 1; exit }
         END { print "holes " (some ? "some" : all ? "none" : "unknown") }'
else echo "holes unknown"
fi
for path do
  if [ -L "$path" ]; then echo link
  elif [ ! -e "$path" ]; then echo missing
  elif [ "$wanted" = any ]; then echo there
  elif ! command -v mountpoint >/dev/null; then echo unknown
  elif mountpoint -q -- "$path"; then echo there
  else echo unmounted
  fi
done
)sh";
}

std::optional<Inspection> parse_inspection(std::string_view output, std::size_t paths) {
  Inspection result;
  const auto lines = split_lines(output);
  if (lines.size() != paths + 2 || !lines[0].starts_with("program ") || !lines[1].starts_with("holes "))
    return std::nullopt;
  result.rsync = rsync_version(lines[0].substr(8));
  result.holes = lines[1] != "holes none";
  for (std::size_t i = 2; i < lines.size(); ++i) result.states.emplace_back(lines[i]);
  return result;
}

std::optional<std::string> why_not_copied(const std::string& path, std::string_view state) {
  if (state == "there") return std::nullopt;
  if (state == "link") return path + " is a symbolic link: give the path that it leads to";
  if (state == "missing") return path + " is not there";
  if (state == "unmounted") return path + " is not mounted";
  if (state == "unknown") return path + ": nobody knows whether it is mounted, for there is no program mountpoint "
                                        "(package util-linux or mount)";
  return path + ": the server's answer makes no sense";
}

std::string rsync_version(std::string_view output) {
  const auto words = split_words(output.substr(0, output.find('\n')));
  if (words.size() < 3 || words[0] != "rsync" || words[1] != "version") return {};
  return printable(words[2].substr(0, 40));
}

}  // namespace maintain::plugins::backup
