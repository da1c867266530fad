#include "cli/help.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

#include "base/text.hpp"

namespace maintain {

extern const std::pair<std::string_view, std::string_view> help_files[];  // help_files.cpp, made by CMake
extern const std::size_t help_file_count;

HelpText help_text(std::string_view name) {
  const auto end = help_files + help_file_count;
  const auto found = std::find_if(help_files, end, [&](const auto& file) { return file.first == name; });
  if (found == end) throw std::logic_error("no help text cmd_" + std::string(name) + ".md");
  HelpText help;
  bool in_summary = true;
  for (std::string line : split_lines(found->second)) {
    if (line.starts_with("# ")) continue;
    if (line.starts_with("## ")) {
      in_summary = false;
      line = line.substr(3);
      std::transform(line.begin(), line.end(), line.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    }
    if (in_summary && line.empty() && !help.summary.empty()) in_summary = false;
    if (in_summary) {
      if (!line.empty()) help.summary += (help.summary.empty() ? "" : " ") + line;
    } else if (!(help.body.empty() && line.empty())) {
      help.body += line + "\n";
    }
  }
  return help;
}

}  // namespace maintain
