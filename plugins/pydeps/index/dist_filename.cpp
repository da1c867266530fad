#include "pydeps/index/dist_filename.hpp"

#include <algorithm>
#include <array>

#include "pydeps/base/package_name.hpp"

namespace maintain::pydeps {
namespace {

constexpr std::size_t longest_filename = 1024;

bool is_separator(char c) { return c == '-' || c == '_' || c == '.'; }

// What is behind "NAME-", in one pass: names come by the hundred thousand. A run of separators is one, as in
// normalized_name(), but for the '-' that ends the name.
std::optional<std::string_view> behind_name(std::string_view text, const std::string& normalized) {
  std::size_t at = 0;
  for (const char expected : normalized) {
    if (at == text.size()) return std::nullopt;
    const char c = text[at];
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (expected != (is_separator(c) ? '-' : lower)) return std::nullopt;
    ++at;
    while (expected == '-' && at < text.size() && is_separator(text[at])) ++at;
  }
  if (at == text.size() || text[at] != '-') return std::nullopt;
  return text.substr(at + 1);
}

std::optional<DistributionName> named(DistributionKind kind, std::string_view version) {
  if (!is_version_text(version)) return std::nullopt;
  const char first = version[0];
  const bool begins_well = (first >= '0' && first <= '9') || (first >= 'a' && first <= 'z') ||
                           (first >= 'A' && first <= 'Z');
  if (!begins_well || version.find('/') != std::string_view::npos) return std::nullopt;
  return DistributionName{kind, std::string(version)};
}

// Escaped by an older rule, '_' stands for the '-' of a post release, or for the '+' before a local label. Which of
// them, digits tell: "1.0_1" is 1.0-1, "1.0_cu118" 1.0+cu118.
std::string unescaped(std::string_view version) {
  std::string text(version);
  const std::size_t at = text.find('_');
  if (at == std::string::npos || at + 1 == text.size() || text.find('+') != std::string::npos) return text;
  const bool digits = std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at) + 1, text.end(),
                                  [](char c) { return c >= '0' && c <= '9'; });
  text[at] = digits ? '-' : '+';
  return text;
}

std::optional<DistributionName> wheel(std::string_view stem, const std::string& project) {
  const auto dashes = std::count(stem.begin(), stem.end(), '-');
  if (dashes != 4 && dashes != 5) return std::nullopt;
  const std::size_t name_end = stem.find('-');
  if (normalized_name(stem.substr(0, name_end)) != project) return std::nullopt;
  const std::string_view rest = stem.substr(name_end + 1);
  return named(DistributionKind::wheel, unescaped(rest.substr(0, rest.find('-'))));
}

// distutils' bdist_dumb: NAME-1.0.linux-x86_64.tar.gz
bool is_binary_archive(std::string_view version) {
  static constexpr std::array<std::string_view, 4> platforms{".linux-", ".macosx-", ".win32", ".win-amd64"};
  return std::any_of(platforms.begin(), platforms.end(),
                     [&](std::string_view platform) { return version.find(platform) != std::string_view::npos; });
}

}  // namespace

std::optional<DistributionName> parse_distribution_name(std::string_view filename, std::string_view project) {
  static constexpr std::array<std::string_view, 8> archives{".tar.gz", ".zip",    ".tar.bz2", ".tgz",
                                                            ".tar.xz", ".tar.Z", ".tbz",     ".tar"};
  if (filename.size() > longest_filename) return std::nullopt;
  const std::string normalized = normalized_name(project);
  const auto stem = [&](std::string_view ending) { return filename.substr(0, filename.size() - ending.size()); };
  if (filename.ends_with(".whl")) return wheel(stem(".whl"), normalized);
  if (filename.ends_with(".egg")) {
    const auto rest = behind_name(stem(".egg"), normalized);
    if (!rest) return std::nullopt;
    return named(DistributionKind::egg, unescaped(rest->substr(0, rest->find("-py"))));
  }
  for (const std::string_view ending : archives) {
    if (!filename.ends_with(ending)) continue;
    const auto version = behind_name(stem(ending), normalized);
    if (!version || is_binary_archive(*version)) return std::nullopt;
    return named(DistributionKind::sdist, *version);
  }
  return std::nullopt;
}

}  // namespace maintain::pydeps
