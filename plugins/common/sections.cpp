#include "common/sections.hpp"

#include <charconv>

namespace maintain::plugins {
namespace {

constexpr std::string_view begin_mark = "@@maintain begin ";
constexpr std::string_view end_mark = "@@maintain end ";
constexpr std::string_view blanks = " \t\r\n";

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

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::optional<long long> parse_number(std::string_view text) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace maintain::plugins
