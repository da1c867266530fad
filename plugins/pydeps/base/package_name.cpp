#include "pydeps/base/package_name.hpp"

#include <algorithm>

namespace maintain::pydeps {
namespace {

constexpr std::size_t longest_name = 214;
constexpr std::size_t longest_version = 256;

bool is_separator(char c) { return c == '-' || c == '_' || c == '.'; }

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

std::string normalized_name(std::string_view name) {
  std::string normalized;
  normalized.reserve(name.size());
  bool in_run = false;
  for (const char c : name) {
    if (is_separator(c)) {
      if (!in_run) normalized += '-';
      in_run = true;
      continue;
    }
    in_run = false;
    normalized += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return normalized;
}

bool is_package_name(std::string_view name) {
  if (name.empty() || name.size() > longest_name) return false;
  if (!is_letter_or_digit(name.front()) || !is_letter_or_digit(name.back())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return is_letter_or_digit(c) || is_separator(c); });
}

bool is_version_text(std::string_view version) {
  return !version.empty() && version.size() <= longest_version &&
         std::all_of(version.begin(), version.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace maintain::pydeps
