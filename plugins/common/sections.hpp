// Several commands in one round trip: a script prints each command's output as a section, and this takes the
// sections apart again. What is inside a section is whatever the server chose to say; a section that it left out
// or cut short is never mistaken for an empty one.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maintain::plugins {

struct Section {
  std::string body;              // both streams, without the line end that closes it
  std::optional<int> status;     // of the command; none: the section was cut off
  bool ok() const { return status == 0; }
};

using Sections = std::map<std::string, Section, std::less<>>;

// POSIX sh that a script starts with. It sets LC_ALL=C and defines
//   section NAME COMMAND [ARGUMENT...]    runs the command (or function) with standard input empty
//                                         and returns its status
std::string section_prelude();

// Pure. Text outside sections is ignored; of two sections with one name the last counts.
Sections parse_sections(std::string_view output);

// nullptr when it is missing.
const Section* find_section(const Sections& sections, std::string_view name);

// For a person what such a script prints goes through this, in pieces as they come: whole lines, without the marks.
class ShownSections {
 public:
  explicit ShownSections(std::function<void(std::string_view)> show) : show_(std::move(show)) {}
  ~ShownSections();  // shows a last line that has no end: it may be what the script hangs at
  ShownSections(const ShownSections&) = delete;
  ShownSections& operator=(const ShownSections&) = delete;
  void add(std::string_view piece);

 private:
  std::function<void(std::string_view)> show_;
  std::string rest_;  // an unfinished line, and the empty line before it: that may belong to an end mark
};

// The lines without their ends; "\r\n" counts as one. The views point into text.
std::vector<std::string_view> split_lines(std::string_view text);

// The words between blanks and tabs.
std::vector<std::string_view> split_words(std::string_view line);

// The fields between tabs; empty ones count.
std::vector<std::string_view> split_tabs(std::string_view line);

std::string_view trim(std::string_view text);

// The whole of text as a number that is not negative, else nothing.
std::optional<long long> parse_number(std::string_view text);

// The text with every byte that is neither part of valid UTF-8 nor printable (nor a tab or line end) as '?': what a
// server said may go into findings and state only like this.
std::string printable(std::string_view text);

}  // namespace maintain::plugins
