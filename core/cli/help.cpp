#include "cli/help.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

#include "base/text.hpp"
#include "report/wrap.hpp"

namespace maintain {

extern const std::pair<std::string_view, std::string_view> help_files[];  // help_files.cpp, made by CMake
extern const std::size_t help_file_count;

namespace {

constexpr std::size_t terminal_width = 79;

std::string in_capitals(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

// Paragraphs are made to fit a terminal; what is indented is meant to stand as it is.
class Body {
 public:
  void add(const std::string& line) {
    if (!line.empty() && line.front() != ' ' && !line.starts_with("## ")) {
      paragraph_ += (paragraph_.empty() ? "" : " ") + line;
      return;
    }
    end_paragraph();
    if (line.empty() && text_.empty()) return;
    text_ += (line.starts_with("## ") ? in_capitals(line.substr(3)) : line) + "\n";
  }
  std::string take() {
    end_paragraph();
    return std::move(text_);
  }

 private:
  void end_paragraph() {
    text_ += wrap(paragraph_, "", terminal_width);
    paragraph_.clear();
  }
  std::string text_, paragraph_;
};

}  // namespace

HelpText help_text(std::string_view name) {
  const auto end = help_files + help_file_count;
  const auto found = std::find_if(help_files, end, [&](const auto& file) { return file.first == name; });
  if (found == end) throw std::logic_error("no help text cmd_" + std::string(name) + ".md");
  HelpText help;
  Body body;
  bool in_summary = true;
  for (const std::string& line : split_lines(found->second)) {
    if (line.starts_with("# ")) continue;
    if (line.starts_with("## ") || (line.empty() && !help.summary.empty())) in_summary = false;
    if (!in_summary) body.add(line);
    else if (!line.empty()) help.summary += (help.summary.empty() ? "" : " ") + line;
  }
  help.body = body.take();
  return help;
}

std::vector<std::string> with_words_for_options(std::vector<std::string> arguments) {
  auto word = arguments.begin();
  while (word != arguments.end() && word->starts_with("-"))
    word += *word == "--config" && arguments.end() - word > 1 ? 2 : 1;
  if (word == arguments.end()) return arguments;
  if (*word == "version" && arguments.end() - word == 1) return {"--version"};
  if (*word != "help") return arguments;
  arguments.erase(word);
  arguments.push_back("--help");
  return arguments;
}

}  // namespace maintain
