#include "transport/jump_host.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/text.hpp"

namespace maintain {
namespace {

bool is_word(std::string_view text, std::string_view further) {
  return !text.empty() && text[0] != '-' && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           further.find(c) != std::string_view::npos;
  });
}

// "ProxyJump=bastion", "proxyjump bastion": the value, when it is that keyword's.
std::optional<std::string> value_of(std::string_view option, std::string_view keyword) {
  if (to_lower(std::string(option.substr(0, keyword.size()))) != keyword) return std::nullopt;
  option.remove_prefix(keyword.size());
  const std::size_t start = option.find_first_not_of(" \t=");
  if (start == 0 || start == std::string_view::npos) return std::nullopt;
  return std::string(option.substr(start));
}

}  // namespace

std::optional<JumpHost> parse_jump_host(const std::string& text) {
  JumpHost jump;
  std::string_view rest = text;
  if (rest.starts_with("ssh://")) rest.remove_prefix(6);
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    jump.user = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    if (!is_word(jump.user, "._@$\\+-")) return std::nullopt;
  }
  std::string_view port;
  if (const std::size_t end = rest.find(']'); rest.starts_with('[') && end != std::string_view::npos) {
    jump.host = rest.substr(1, end - 1);
    port = rest.substr(end + 1);
  } else {
    // A bare IPv6 address has more than one colon, and then no port.
    const std::size_t colon = rest.find(':');
    const bool has_port = colon != std::string_view::npos && colon == rest.rfind(':');
    jump.host = has_port ? rest.substr(0, colon) : rest;
    port = has_port ? rest.substr(colon) : "";
  }
  if (!is_word(jump.host, "._:-") || to_lower(jump.host) == "none") return std::nullopt;
  if (port.empty()) return jump;
  const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), jump.port);
  if (port[0] != ':' || error != std::errc() || end != port.data() + port.size() || jump.port == 0) return std::nullopt;
  return jump;
}

std::optional<JumpHost> take_jump_host(std::vector<std::string>& options) {
  std::vector<std::string> others;
  std::vector<std::string> jumps;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const std::string& word = options[i];
    const bool apart = (word == "-J" || word == "-o") && i + 1 < options.size();
    std::optional<std::string> jump;
    std::string option;
    if (word.starts_with("-J")) jump = apart ? options[i + 1] : word.substr(2);
    else if (word.starts_with("-o")) option = apart ? options[i + 1] : word.substr(2);
    if (value_of(option, "proxycommand")) return std::nullopt;
    if (!jump) jump = value_of(option, "proxyjump");
    if (jump) jumps.push_back(*jump);
    else others.insert(others.end(), options.begin() + static_cast<std::ptrdiff_t>(i),
                       options.begin() + static_cast<std::ptrdiff_t>(i + (apart ? 2 : 1)));
    if (apart) ++i;
  }
  if (jumps.size() != 1) return std::nullopt;
  auto jump = parse_jump_host(jumps[0]);
  if (jump) options = std::move(others);
  return jump;
}

}  // namespace maintain
