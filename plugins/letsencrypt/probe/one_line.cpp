#include "letsencrypt/probe/one_line.hpp"

#include <algorithm>

#include "common/sections.hpp"

namespace maintain::letsencrypt {

std::string one_line(std::string_view text) {
  constexpr std::size_t longest = 160;
  std::string line = plugins::printable(plugins::trim(text.substr(0, longest)));
  std::replace_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return line;
}

}  // namespace maintain::letsencrypt
