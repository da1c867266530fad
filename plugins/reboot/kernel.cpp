#include "reboot/kernel.hpp"

#include <algorithm>

namespace maintain::plugins::reboot {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Takes the run of digits at the front, without leading zeros.
std::string_view take_number(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  std::string_view number = text.substr(0, end);
  text.remove_prefix(end);
  while (!number.empty() && number.front() == '0') number.remove_prefix(1);
  return number;
}

// '~' before the end, the end before letters, letters before the rest: dpkg's order.
int weight(std::string_view text) {
  if (text.empty() || is_digit(text.front())) return 0;
  const char c = text.front();
  if (c == '~') return -1;
  return is_letter(c) ? c : static_cast<unsigned char>(c) + 256;
}

}  // namespace

std::optional<KernelName> parse_kernel_name(std::string_view release) {
  if (release.empty() || !is_digit(release.front())) return std::nullopt;
  for (std::size_t at = 0; at + 1 < release.size(); ++at)
    if (release[at] == '-' && is_letter(release[at + 1]))
      return KernelName{std::string(release.substr(0, at)), std::string(release.substr(at + 1))};
  return KernelName{std::string(release), {}};
}

int compare_kernel_versions(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    while ((!a.empty() && !is_digit(a.front())) || (!b.empty() && !is_digit(b.front()))) {
      const int difference = weight(a) - weight(b);
      if (difference != 0) return difference;
      a.remove_prefix(1);  // weights that are equal and not 0: both have one; both 0 does not get here
      b.remove_prefix(1);
    }
    const std::string_view first = take_number(a), second = take_number(b);
    if (first.size() != second.size()) return first.size() < second.size() ? -1 : 1;
    if (const int order = first.compare(second); order != 0) return order;
  }
  return 0;
}

bool is_newer_kernel_of_same_flavour(std::string_view release, std::string_view than) {
  const auto candidate = parse_kernel_name(release);
  const auto running = parse_kernel_name(than);
  return candidate && running && candidate->flavour == running->flavour &&
         compare_kernel_versions(candidate->version, running->version) > 0;
}

std::string debian_package_version(std::string_view uname_version) {
  constexpr std::string_view mark = " Debian ";
  const std::size_t at = uname_version.find(mark);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = uname_version.substr(at + mark.size());
  const std::size_t end = rest.find(" (");
  return end == std::string_view::npos ? std::string{} : std::string(rest.substr(0, end));
}

}  // namespace maintain::plugins::reboot
