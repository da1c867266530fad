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

std::vector<std::string> lines_of(std::string_view name) {
  const auto end = help_files + help_file_count;
  const auto found = std::find_if(help_files, end, [&](const auto& file) { return file.first == name; });
  if (found == end) throw std::logic_error("no help text cmd_" + std::string(name) + ".md");
  return split_lines(found->second);
}

// "list" begins "list shows" and "list, without", not "listing".
bool begins_with_word(std::string_view text, std::string_view word) {
  return text.starts_with(word) &&
         (text.size() == word.size() || std::isalnum(static_cast<unsigned char>(text[word.size()])) == 0);
}

}  // namespace

HelpText help_text(std::string_view name) {
  HelpText help;
  Body body;
  bool in_summary = true;
  for (const std::string& line : lines_of(name)) {
    if (line.starts_with("# ")) continue;
    if (line.starts_with("## ") || (line.empty() && !help.summary.empty())) in_summary = false;
    if (!in_summary) body.add(line);
    else if (!line.empty()) help.summary += (help.summary.empty() ? "" : " ") + line;
  }
  help.body = body.take();
  return help;
}

HelpText help_text(std::string_view name, std::string_view command) {
  const std::string whole = "maintain " + std::string(name);
  Body body;
  std::vector<std::string> examples;
  std::string section;
  bool begins = true, is_meant = false;  // a paragraph
  for (const std::string& line : lines_of(name)) {
    if (line.starts_with("#")) {
      section = line;
    } else if (section == "## Examples") {
      if (begins_with_word(trim(line), whole + " " + std::string(command))) examples.push_back(line);
    } else if (section.starts_with("# ")) {
      if (begins) is_meant = begins_with_word(line, command);
      begins = line.empty();
      if (is_meant) body.add(line);
      if (begins) is_meant = false;
    }
  }
  if (!examples.empty()) body.add("## Examples");
  for (const std::string& example : examples) body.add(example);
  if (!examples.empty()) body.add("");
  body.add("## See also");
  body.add("    " + whole + " --help    # the exit status, and what all its commands share");
  return {{}, body.take()};
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
