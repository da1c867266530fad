#include "common/program.hpp"

#include <algorithm>
#include <array>

namespace maintain::plugins {
namespace {

bool is_interpreter(std::string_view program) {
  static constexpr std::array names{"sh", "bash", "dash", "perl", "ruby", "node", "java"};
  return program.starts_with("python") || std::find(names.begin(), names.end(), program) != names.end();
}

}  // namespace

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view program_of(const std::vector<std::string>& words) {
  if (words.empty()) return {};
  const std::string_view first = base_name(words.front());
  if (!is_interpreter(first)) return first;
  for (std::size_t i = 1; i < words.size(); ++i)
    if (!words[i].starts_with('-')) return base_name(words[i]);
  return first;
}

}  // namespace maintain::plugins
