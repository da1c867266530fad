#include "pydeps/reading/url.hpp"

#include <algorithm>
#include <array>

#include "common/sections.hpp"
#include "pydeps/base/package_name.hpp"

namespace maintain::pydeps {
namespace {

constexpr std::size_t longest_url = 500;
constexpr std::size_t longest_commit = 100;

// Clean, on one line, and cut where no character is split.
std::string shown(std::string_view text, std::size_t longest) {
  std::string clean = plugins::printable(text);
  std::replace_if(clean.begin(), clean.end(), [](char c) { return c == '\n' || c == '\t'; }, '?');
  if (clean.size() > longest) {
    std::size_t end = longest;
    while (end > 0 && (static_cast<unsigned char>(clean[end]) & 0xC0u) == 0x80u) --end;
    clean.resize(end);
  }
  return clean;
}

// "host", "host:8080" and "[::1]:80" are; "user:secret" is not.
bool is_host(std::string_view text) {
  if (const std::size_t bracket = text.rfind(']'); bracket != std::string_view::npos) text.remove_prefix(bracket + 1);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return true;
  const std::string_view port = text.substr(colon + 1);
  return std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view ending(std::string_view text, std::string_view path) {
  return path.ends_with(text) ? text : std::string_view{};
}

std::string_view archive_ending(std::string_view path) {
  for (const std::string_view known : {".whl", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar", ".zip"})
    if (!ending(known, path).empty()) return known;
  return {};
}

// The value of `egg` in "egg=name[extra]&subdirectory=x".
std::string egg_name(std::string_view fragment) {
  while (!fragment.empty()) {
    const std::size_t end = std::min(fragment.find('&'), fragment.size());
    std::string_view item = fragment.substr(0, end);
    fragment.remove_prefix(std::min(end + 1, fragment.size()));
    if (!item.starts_with("egg=")) continue;
    item.remove_prefix(4);
    item = item.substr(0, item.find_first_of("[<>=!~; "));
    return is_package_name(item) ? std::string(item) : std::string{};
  }
  return {};
}

}  // namespace

std::string without_credentials(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::size_t slashes = url.find("://");
  if (slashes == std::string_view::npos) return shown(url, longest_url);
  const std::string_view scheme = url.substr(0, slashes + 3);
  std::string_view rest = url.substr(slashes + 3);
  std::string user;
  for (bool first = true;; first = false) {
    std::string_view authority = rest.substr(0, rest.find('/'));
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
      const bool usual = authority.substr(0, at) == "git" && scheme.find("ssh") != std::string_view::npos;
      if (first && usual) user = "git@";
      rest.remove_prefix(at + 1);
      authority.remove_prefix(at + 1);
    }
    if (is_host(authority)) break;
    user.clear();
    const std::size_t at = rest.find('@');
    rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  }
  return shown(std::string(scheme) + user + std::string(rest), longest_url);
}

UrlReference read_url(std::string_view text) {
  UrlReference reference;
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos)
    reference.egg = egg_name(text.substr(hash + 1));
  text = text.substr(0, text.find_first_of("?#"));
  constexpr std::array<std::string_view, 4> systems{"git+", "hg+", "svn+", "bzr+"};
  const auto system = std::find_if(systems.begin(), systems.end(), [&](auto mark) { return text.starts_with(mark); });
  if (system != systems.end()) {
    text.remove_prefix(system->size());
    reference.origin = Origin::vcs;
    // The '@' before a revision stands behind the host, where one before a host does not.
    const std::size_t slashes = text.find("://");
    const std::size_t path = text.find('/', slashes == std::string_view::npos ? 0 : slashes + 3);
    const std::size_t at = text.rfind('@');
    if (at != std::string_view::npos && path != std::string_view::npos && at > path) {
      reference.commit = shown(text.substr(at + 1), longest_commit);
      text = text.substr(0, at);
    }
  } else if (text.starts_with("file:") || text.find("://") == std::string_view::npos) {
    reference.origin = archive_ending(text).empty() ? Origin::local : Origin::archive;
  }
  reference.url = without_credentials(text);
  return reference;
}

std::string version_in_archive_name(std::string_view url, std::string_view key) {
  url = url.substr(0, url.find_first_of("?#"));
  const std::string_view kind = archive_ending(url);
  std::string_view name = url.substr(std::min(url.rfind('/') + 1, url.size()));
  if (kind.empty() || name.size() <= kind.size()) return {};
  name.remove_suffix(kind.size());
  // In a wheel the first '-' ends the name; older source archives may have some in it.
  for (std::size_t dash = name.find('-'); dash != std::string_view::npos; dash = name.find('-', dash + 1)) {
    if (normalized_name(name.substr(0, dash)) != key) continue;
    std::string_view version = name.substr(dash + 1);
    if (kind == ".whl") version = version.substr(0, version.find('-'));
    std::string text(version);
    if (const std::size_t local = text.find("%2B"); local != std::string::npos) text.replace(local, 3, "+");
    const bool begins = !text.empty() && ((text[0] >= '0' && text[0] <= '9') || text[0] == 'v');
    return begins && is_version_text(text) ? text : std::string{};
  }
  return {};
}

}  // namespace maintain::pydeps
