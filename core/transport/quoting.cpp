#include "transport/quoting.hpp"

#include <algorithm>

namespace maintain {
namespace {

constexpr std::string_view digits = "0123456789";
constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

bool among(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

}  // namespace

std::string quote_word(std::string_view word) {
  // Nothing here means anything to a shell in any place of a word; '=' and '~' do at its start.
  const auto harmless = [](char c) { return among(c, letters) || among(c, digits) || among(c, "_./:@%+,-"); };
  if (!word.empty() && std::all_of(word.begin(), word.end(), harmless)) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') quoted += "'\\''";
    else quoted += c;
  }
  return quoted + "'";
}

std::string quote_words(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    line += quote_word(word);
  }
  return line;
}

bool is_environment_name(std::string_view name) {
  if (name.empty() || among(name[0], digits)) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return among(c, letters) || among(c, digits) || c == '_'; });
}

}  // namespace maintain
