#include "pydeps/reading/split_names.hpp"

#include <algorithm>
#include <array>

namespace maintain::pydeps {
namespace {

// Not <cctype>: its answers depend on the locale.
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// What templates write for "none of them".
bool is_word_for_nothing(std::string_view text) {
  constexpr std::array<std::string_view, 7> words{"none", "false", "no", "off", "null", "~", "omit"};
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(), lower);
  return std::find(words.begin(), words.end(), small) != words.end();
}

// Python 2 wrote u'name'.
std::string_view unquoted(std::string_view word) {
  if (word.size() >= 3 && word[0] == 'u' && (word[1] == '\'' || word[1] == '"')) word.remove_prefix(1);
  const bool quoted = word.size() >= 2 && (word[0] == '\'' || word[0] == '"') && word.back() == word[0];
  return quoted ? word.substr(1, word.size() - 2) : word;
}

}  // namespace

std::vector<std::string> split_package_names(std::string_view text) {
  constexpr std::string_view between = " \t\r\n,[]()";
  std::vector<std::string> names;
  for (std::size_t at = text.find_first_not_of(between); at != std::string_view::npos;
       at = text.find_first_not_of(between, at)) {
    const std::size_t end = std::min(text.find_first_of(between, at), text.size());
    const std::string_view name = unquoted(text.substr(at, end - at));
    if (!name.empty()) names.emplace_back(name);
    at = end;
  }
  if (names.size() == 1 && is_word_for_nothing(names.front())) names.clear();
  return names;
}

}  // namespace maintain::pydeps
