#include "pydeps/reading/metadata.hpp"

#include <algorithm>

#include "common/sections.hpp"
#include "pydeps/base/package_name.hpp"

namespace maintain::pydeps {
namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 20;
constexpr std::size_t longest_value = 1000;

bool equal_names(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::optional<std::string> metadata_header(std::string_view text, std::string_view name) {
  text = text.substr(0, most_bytes);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::optional<std::string> value;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    if (line[0] == ' ' || line[0] == '\t') {
      if (value && value->size() < longest_value) *value += " " + std::string(plugins::trim(line));
      continue;
    }
    if (value) break;
    const std::size_t colon = line.find(':');
    // What is neither a header nor a continuation ends the headers.
    if (colon == std::string_view::npos) break;
    if (equal_names(plugins::trim(line.substr(0, colon)), name)) value = plugins::trim(line.substr(colon + 1));
  }
  if (value) value = std::string(plugins::trim(*value));
  return value;
}

std::optional<Metadata> parse_metadata(std::string_view text) {
  const auto name = metadata_header(text, "Name");
  const auto version = metadata_header(text, "Version");
  if (!name || !version || !is_package_name(*name) || !is_version_text(*version)) return std::nullopt;
  std::string python = plugins::printable(metadata_header(text, "Requires-Python").value_or(""));
  std::replace(python.begin(), python.end(), '\t', ' ');
  if (python.size() > 200) python.clear();  // specifiers that long are none, and half of them would say something else
  return Metadata{*name, *version, std::move(python)};
}

}  // namespace maintain::pydeps
