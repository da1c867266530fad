#include "pydeps/reading/pyvenv_cfg.hpp"

#include <algorithm>

#include "common/sections.hpp"
#include "pydeps/base/package_name.hpp"

namespace maintain::pydeps {
namespace {

std::string lower(std::string_view text) {
  std::string small(text);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return small;
}

// sys.version_info joined with dots -> the version as Python prints it: "3.13.0.candidate.2" -> "3.13.0rc2".
std::string version_of(std::string_view text) {
  if (!is_version_text(text) || text[0] < '0' || text[0] > '9') return {};
  constexpr std::pair<std::string_view, std::string_view> levels[] = {
      {".final.", ""}, {".alpha.", "a"}, {".beta.", "b"}, {".candidate.", "rc"}};
  for (const auto& [level, mark] : levels) {
    const std::size_t at = text.find(level);
    if (at == std::string_view::npos) continue;
    std::string version(text.substr(0, at));
    if (!mark.empty()) version += std::string(mark) + std::string(text.substr(at + level.size()));
    return version;
  }
  return std::string(text);
}

}  // namespace

PyvenvConfig parse_pyvenv_cfg(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  PyvenvConfig config;
  std::string version_info;
  for (const std::string_view line : plugins::split_lines(text)) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string key = lower(plugins::trim(line.substr(0, equals)));
    const std::string_view value = plugins::trim(line.substr(equals + 1));
    if (key == "version") config.python_version = version_of(value);
    else if (key == "version_info") version_info = version_of(value);
    else if (key == "include-system-site-packages") config.system_site_packages = lower(value) == "true";
  }
  if (config.python_version.empty()) config.python_version = std::move(version_info);
  return config;
}

}  // namespace maintain::pydeps
