#include "http/url_beginning.hpp"

#include <algorithm>

namespace maintain {
namespace {

bool is_plain(std::string_view url) {
  return std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 0x7f && c != '#' && c != '\\'; });
}

std::string_view after_scheme(std::string_view url) {
  for (const std::string_view scheme : {"https://", "http://"})
    if (url.starts_with(scheme)) return url.substr(scheme.size());
  return {};
}

// RFC 3986, 5.2.4: what would lead out again, written plainly or with %2e.
bool has_dots(std::string_view url) {
  std::string path(url.substr(0, url.find('?')));
  for (const std::string_view encoded : {"%2e", "%2E"})
    for (std::size_t at = path.find(encoded); at != path.npos; at = path.find(encoded, at)) path.replace(at, 3, ".");
  return path.find("/../") != path.npos || path.ends_with("/..") || path.find("/./") != path.npos ||
         path.ends_with("/.");
}

}  // namespace

bool is_url_beginning(std::string_view url) {
  const std::string_view rest = after_scheme(url);
  const std::size_t slash = rest.find('/');
  return is_plain(url) && slash != rest.npos && slash > 0 && url.back() == '/' && !has_dots(url) &&
         rest.find('@') == rest.npos && rest.find('?') == rest.npos;
}

bool is_beneath(std::string_view url, const std::vector<std::string>& beginnings) {
  return is_plain(url) && !has_dots(url) &&
         std::any_of(beginnings.begin(), beginnings.end(), [&](const std::string& beginning) {
           return is_url_beginning(beginning) && url.starts_with(beginning);
         });
}

}  // namespace maintain
