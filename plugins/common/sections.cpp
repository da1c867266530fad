#include "common/sections.hpp"

#include <charconv>
#include <utility>

namespace maintain::plugins {
namespace {

constexpr std::string_view begin_mark = "@@maintain begin ";
constexpr std::string_view end_mark = "@@maintain end ";
constexpr std::size_t longest_line = 8192;  // a server that prints no line ends must not fill our memory
constexpr std::string_view blanks = " \t\r\n";

// The length of the UTF-8 sequence at the start of text, without overlong forms and surrogates; 0: none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF && follows(1)) return first == 0xC2 && byte(1) < 0xA0 ? 0 : 2;  // no C1 controls
  if ((first & 0xF0u) == 0xE0u && follows(1) && follows(2)) {
    if (first == 0xE0 && byte(1) < 0xA0) return 0;
    return first == 0xED && byte(1) > 0x9F ? 0 : 3;
  }
  if (first >= 0xF0 && first <= 0xF4 && follows(1) && follows(2) && follows(3)) {
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    return first == 0xF4 && byte(1) > 0x8F ? 0 : 4;
  }
  return 0;
}

}  // namespace

std::string section_prelude() {
  // The line end before the end mark is ours: output need not end in one.
  return R"(LC_ALL=C; export LC_ALL
section() {
  printf '@@maintain begin %s\n' "$1"; shift
  "$@" </dev/null 2>&1
  set -- "$?"
  printf '\n@@maintain end %s\n' "$1"
  return "$1"
}
)";
}

Sections parse_sections(std::string_view output) {
  Sections sections;
  Section* open = nullptr;
  std::size_t body_start = 0;
  std::size_t at = 0;
  while (at < output.size()) {
    const std::size_t line_end = std::min(output.find('\n', at), output.size());
    const std::string_view line = output.substr(at, line_end - at);
    const std::size_t next = std::min(line_end + 1, output.size());
    if (open == nullptr && line.starts_with(begin_mark)) {
      open = &(sections[std::string(line.substr(begin_mark.size()))] = Section{});
      body_start = next;
    } else if (open != nullptr && line.starts_with(end_mark)) {
      const std::size_t body_end = at > body_start ? at - 1 : body_start;
      open->body = output.substr(body_start, body_end - body_start);
      if (const auto status = parse_number(line.substr(end_mark.size())); status && *status < 256) {
        open->status = static_cast<int>(*status);
      }
      open = nullptr;
    }
    at = next;
  }
  if (open != nullptr) open->body = output.substr(body_start);
  return sections;
}

const Section* find_section(const Sections& sections, std::string_view name) {
  const auto found = sections.find(name);
  return found == sections.end() ? nullptr : &found->second;
}

ShownSections::~ShownSections() {
  try {
    if (!rest_.empty()) show_(rest_);
  } catch (...) {
    // A destructor must not throw; the end of an output is what is lost.
  }
}

void ShownSections::add(std::string_view piece) {
  rest_ += piece;
  std::string text;
  std::size_t at = 0;
  bool after_empty_line = false;
  for (std::size_t end; (end = rest_.find('\n', at)) != std::string::npos; at = end + 1) {
    const std::string_view line = std::string_view(rest_).substr(at, end + 1 - at);
    const bool ends = line.starts_with(end_mark);
    if (after_empty_line && !ends) text += '\n';
    after_empty_line = line == "\n";
    if (!after_empty_line && !ends && !line.starts_with(begin_mark)) text += line;
  }
  rest_.erase(0, after_empty_line ? at - 1 : at);
  if (rest_.size() > longest_line) text += std::exchange(rest_, {});
  if (!text.empty()) show_(text);
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<std::string_view> split_words(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = line.find_first_not_of(blanks); at != std::string_view::npos;
       at = line.find_first_not_of(blanks, at)) {
    const std::size_t end = std::min(line.find_first_of(blanks, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

std::vector<std::string_view> split_tabs(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t tab = line.find('\t');
    fields.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return fields;
    line.remove_prefix(tab + 1);
  }
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string printable(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text[0];
    const bool control = length == 1 && ((c >= 0 && c < ' ' && c != '\n' && c != '\t') || c == 0x7F);
    if (length == 0 || control) clean += '?';
    else clean += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

std::optional<long long> parse_number(std::string_view text) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace maintain::plugins
