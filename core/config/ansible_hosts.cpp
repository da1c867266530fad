#include "config/ansible_hosts.hpp"

#include <charconv>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/ansible_inventory.hpp"
#include "config/yaml_scalar.hpp"

namespace maintain {
namespace {

constexpr std::size_t longest_pattern = 1000;
constexpr long largest_number = 1'000'000'000'000;
constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

std::optional<long> number(std::string_view text) {
  long value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  if (value < 0 || value > largest_number) return std::nullopt;
  return value;
}

// What Ansible takes for a host with a port; in any other text a colon is part of the name.
bool is_host_text(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  for (const char c : text) {
    const bool ascii_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!ascii_word && std::string_view("._-:[]").find(c) == std::string_view::npos &&
        static_cast<unsigned char>(c) < 0x80) {
      return false;
    }
  }
  return true;
}

// "host:22" and "[host]:22" -> host and port.
std::string take_port(const std::string& pattern, std::optional<int>& port) {
  const auto colon = pattern.rfind(':');
  if (colon == pattern.npos || colon == 0) return pattern;
  const std::optional<long> value = number(std::string_view(pattern).substr(colon + 1));
  if (!value || *value > 65535) return pattern;
  std::string host = pattern.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else {
    bool in_brackets = false;
    for (const char c : host) {
      if (c == '[') in_brackets = true;
      if (c == ']') in_brackets = false;
      if (c == ':' && !in_brackets) return pattern;  // an IPv6 address
    }
    if (in_brackets) return pattern;                 // the colon of an unfinished range
  }
  if (!is_host_text(host)) return pattern;
  port = static_cast<int>(*value);
  return host;
}

tl::unexpected<Error> wrong(const std::string& pattern, const std::string& what) {
  return fail(ErrorKind::configuration, fmt::format("the range in {} {}", shown(pattern), what),
              "write ranges like web[01:20], web[1:9:2] or db-[a:f]");
}

// The values of one [first:last:step].
Result<std::vector<std::string>> range_values(const std::string& pattern, const std::string& range) {
  const std::vector<std::string> bounds = split(range, ':');
  if (bounds.size() != 2 && bounds.size() != 3) return wrong(pattern, "needs a first and a last value");
  const std::string first = bounds[0].empty() ? "0" : bounds[0];
  const std::string& last = bounds[1];
  if (last.empty()) return wrong(pattern, "has no last value");
  const std::optional<long> step = bounds.size() == 3 ? number(bounds[2]) : 1;
  if (!step || *step == 0) return wrong(pattern, "has no usable step");

  std::vector<std::string> values;
  const auto first_letter = first.size() == 1 ? letters.find(first[0]) : letters.npos;
  const auto last_letter = last.size() == 1 ? letters.find(last[0]) : letters.npos;
  if (first_letter != letters.npos && last_letter != letters.npos) {
    if (first_letter > last_letter) return wrong(pattern, "runs backwards");
    for (auto at = first_letter; at <= last_letter; at += static_cast<std::size_t>(*step)) {
      values.push_back(std::string(1, letters[at]));
    }
    return values;
  }
  const std::optional<long> low = number(first), high = number(last);
  if (!low || !high) return wrong(pattern, "is neither of numbers nor of single letters");
  if (*low > *high) return wrong(pattern, "runs backwards");
  if ((*high - *low) / *step >= static_cast<long>(AnsibleInventory::most_hosts)) {
    return fail(ErrorKind::refused,
                fmt::format("{} stands for more than {} hosts", shown(pattern), AnsibleInventory::most_hosts));
  }
  const std::size_t width = first.size() > 1 && first[0] == '0' ? first.size() : 0;
  if (width > 0 && width != last.size()) return wrong(pattern, "has a leading 0, but values of different length");
  for (long value = *low; value <= *high; value += *step) values.push_back(fmt::format("{:0{}}", value, width));
  return values;
}

}  // namespace

Result<AnsibleHostPattern> expand_host_pattern(const std::string& pattern) {
  if (pattern.size() > longest_pattern) return fail(ErrorKind::refused, "the host name is too long: " + shown(pattern));
  AnsibleHostPattern expanded;
  std::vector<std::string> heads = {""};
  std::string rest = take_port(pattern, expanded.port);
  // Each round multiplies by one range.
  while (true) {
    const auto open = rest.find('[');
    const std::string literal = rest.substr(0, open);
    for (std::string& head : heads) head += literal;
    if (open == rest.npos) break;
    const auto close = rest.find(']', open);
    if (close == rest.npos) return wrong(pattern, "is not closed");
    const Result<std::vector<std::string>> values = range_values(pattern, rest.substr(open + 1, close - open - 1));
    if (!values) return fail(values.error());
    if (heads.size() * values->size() > AnsibleInventory::most_hosts) {
      return fail(ErrorKind::refused,
                  fmt::format("{} stands for more than {} hosts", shown(pattern), AnsibleInventory::most_hosts));
    }
    std::vector<std::string> longer;
    for (const std::string& head : heads) {
      for (const std::string& value : *values) longer.push_back(head + value);
    }
    heads = std::move(longer);
    rest = rest.substr(close + 1);
  }
  expanded.names = std::move(heads);
  return expanded;
}

}  // namespace maintain
