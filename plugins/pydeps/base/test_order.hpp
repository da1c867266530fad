// An order of versions for tests and fuzzing of what takes one as a parameter: numbers between dots, and a, b, rc, dev
// or post with a number behind them. It agrees with PEP 440 on such versions and takes no others.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace maintain::pydeps::testing {

using TestVersion = std::vector<std::pair<int, unsigned long>>;  // kind of a part, and its number

inline std::optional<TestVersion> test_version(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, int>, 5> words{
      {{"dev", -4}, {"a", -3}, {"b", -2}, {"rc", -1}, {"post", 1}}};
  TestVersion parts;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    if (!parts.empty() && text[0] == '.') text.remove_prefix(1);
    int kind = 2;
    for (const auto& [word, value] : words) {
      if (!text.starts_with(word) || parts.empty()) continue;
      kind = value;
      text.remove_prefix(word.size());
      break;
    }
    std::size_t digits = 0;
    unsigned long number = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9' && digits < 9) {
      number = number * 10 + static_cast<unsigned long>(text[digits++] - '0');
    }
    if (digits == 0) return std::nullopt;
    text.remove_prefix(digits);
    if (kind == 2 && !parts.empty() && parts.back().first != 2) return std::nullopt;
    parts.emplace_back(kind, number);
  }
  // 1.0 is 1: zeros at the end of the numbers do not count.
  auto end = std::find_if(parts.begin(), parts.end(), [](const auto& part) { return part.first != 2; });
  while (end != parts.begin() && (end - 1)->second == 0) end = parts.erase(end - 1);
  return parts;
}

inline std::optional<std::strong_ordering> test_order(std::string_view a, std::string_view b) {
  auto left = test_version(a);
  auto right = test_version(b);
  if (!left || !right) return std::nullopt;
  left->emplace_back(0, 0);  // the end: after dev, a, b and rc, before post and further numbers
  right->emplace_back(0, 0);
  return *left <=> *right;
}

}  // namespace maintain::pydeps::testing
