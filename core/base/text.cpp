#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

namespace maintain {
namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// One code point of UTF-8 text; size 0 when the bytes at `at` are not valid (RFC 3629: no overlong forms, no
// surrogates, nothing above U+10FFFF).
struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 0;
};

CodePoint decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return {lead, 1};
  std::size_t size = 0;
  std::uint32_t value = 0, smallest = 0;
  if ((lead & 0xE0) == 0xC0) { size = 2; value = lead & 0x1Fu; smallest = 0x80; }
  else if ((lead & 0xF0) == 0xE0) { size = 3; value = lead & 0x0Fu; smallest = 0x800; }
  else if ((lead & 0xF8) == 0xF0) { size = 4; value = lead & 0x07u; smallest = 0x10000; }
  else return {};
  if (at + size > text.size()) return {};
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return {};
    value = (value << 6) | (byte(at + i) & 0x3Fu);
  }
  if (value < smallest || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, size};
}

bool is_control(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
         c == 0x200E || c == 0x200F || c == 0x2028 || c == 0x2029 || c == 0xFEFF;
}

// Length of a terminal escape sequence at `at` (ECMA-48: CSI, OSC and the two-byte ones); 0 when there is none.
std::size_t escape_length(std::string_view text, std::size_t at) {
  if (text[at] != '\x1b' || at + 1 >= text.size()) return 0;
  std::size_t end = at + 2;
  if (text[at + 1] == '[') {
    while (end < text.size() && text[end] >= 0x20 && text[end] < 0x40) ++end;
    if (end < text.size() && text[end] >= 0x40 && text[end] < 0x7F) ++end;
    return end - at;
  }
  if (text[at + 1] == ']') {
    while (end < text.size() && text[end] != '\a' && text[end] != '\x1b' && text[end] != '\n') ++end;
    if (end < text.size() && text[end] == '\a') ++end;
    else if (end + 1 < text.size() && text[end] == '\x1b' && text[end + 1] == '\\') end += 2;
    return end - at;
  }
  return 2;
}

// Insertions, deletions, replacements and swaps of neighbours ("dialy") that lead from a to b.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        next[j] = std::min(next[j], before[j - 2] + 1);
    }
    std::swap(before, row);
    std::swap(row, next);
  }
  return row[b.size()];
}

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t at = text.find('\n');
    std::string_view line = text.substr(0, at);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.emplace_back(line);
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + 1);
  }
  return lines;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at < text.size()) {
    while (at < text.size() && is_blank(text[at])) ++at;
    const std::size_t first = at;
    while (at < text.size() && !is_blank(text[at])) ++at;
    if (at > first) words.emplace_back(text.substr(first, at - first));
  }
  return words;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::string to_upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return upper;
}

std::string printable(std::string_view text, bool multiline) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t length = escape_length(text, at)) {
      at += length;
      continue;
    }
    const CodePoint point = decode(text, at);
    if (point.size == 0) {
      clean += "\xEF\xBF\xBD";
      ++at;
      continue;
    }
    if (point.value == '\n' || point.value == '\t') clean += multiline ? static_cast<char>(point.value) : ' ';
    else if (point.value == '\r') { if (!multiline) clean += ' '; }
    else if (!is_control(point.value)) clean += text.substr(at, point.size);
    at += point.size;
  }
  return clean;
}

std::size_t valid_utf8_length(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t size = decode(text, at).size;
    if (size == 0) break;
    at += size;
  }
  return at;
}

std::string shorten(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  constexpr std::string_view mark = " […]";
  std::size_t cut = limit > mark.size() ? limit - mark.size() : 0;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return std::string(text.substr(0, cut)) + std::string(mark);
}

std::string count_of(std::size_t count, std::string_view noun, std::string_view plural_form) {
  if (count == 1) return fmt::format("1 {}", noun);
  return plural_form.empty() ? fmt::format("{} {}s", count, noun) : fmt::format("{} {}", count, plural_form);
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array units{std::pair{"TiB", 40}, std::pair{"GiB", 30}, std::pair{"MiB", 20}, std::pair{"KiB", 10}};
  for (const auto& [name, shift] : units)
    if (bytes >> shift != 0)
      return fmt::format("{:.1f} {}", static_cast<double>(bytes) / static_cast<double>(std::uint64_t{1} << shift),
                         name);
  return fmt::format("{} {}", bytes, bytes == 1 ? "byte" : "bytes");
}

bool natural_less(std::string_view a, std::string_view b) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto take_number = [&](std::string_view& text) {
    const auto end = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
    std::string_view digits = text.substr(0, end);
    text.remove_prefix(end);
    while (digits.starts_with('0')) digits.remove_prefix(1);
    return std::pair(digits.size(), digits);  // the longer one is the greater one
  };
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const auto first = take_number(a), second = take_number(b);
      if (first != second) return first < second;
    } else {
      if (a.front() != b.front()) return static_cast<unsigned char>(a.front()) < static_cast<unsigned char>(b.front());
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.empty() && !b.empty();
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.size() > 100) return {};
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > 100) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace maintain
