#include "backup/checksum_list.hpp"

#include <algorithm>

namespace maintain {
namespace {

constexpr std::size_t digits = 64;
constexpr std::string_view between = "  ";

bool is_hexadecimal(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::optional<std::string> unescape(std::string_view text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      name += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    switch (text[i]) {
      case '\\': name += '\\'; break;
      case 'n': name += '\n'; break;
      case 'r': name += '\r'; break;
      default: return std::nullopt;
    }
  }
  return name;
}

}  // namespace

std::string checksum_line(const std::string& sha256, std::string_view name) {
  std::string line;
  if (name.find_first_of("\\\n\r") == std::string_view::npos)
    return line.append(sha256).append(between).append(name) + '\n';
  line.append("\\").append(sha256).append(between);
  for (const char c : name) {
    if (c == '\\') line += "\\\\";
    else if (c == '\n') line += "\\n";
    else if (c == '\r') line += "\\r";
    else line += c;
  }
  return line + '\n';
}

std::optional<ChecksumLine> parse_checksum_line(std::string_view line) {
  const bool escaped = !line.empty() && line.front() == '\\';
  if (escaped) line.remove_prefix(1);
  if (line.size() <= digits + between.size() || line.substr(digits, between.size()) != between ||
      !is_hexadecimal(line.substr(0, digits)))
    return std::nullopt;
  const std::string_view name = line.substr(digits + between.size());
  ChecksumLine result{std::string(line.substr(0, digits)), std::string(name)};
  if (!escaped) return result;
  const auto plain = unescape(name);
  if (!plain) return std::nullopt;
  result.name = *plain;
  return result;
}

bool stands_before(std::string_view path, std::string_view other) {
  const auto rank = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c); };  // no name has a NUL
  return std::lexicographical_compare(path.begin(), path.end(), other.begin(), other.end(),
                                      [&](char a, char b) { return rank(a) < rank(b); });
}

}  // namespace maintain
