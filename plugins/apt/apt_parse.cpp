#include "apt/apt_parse.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "common/sections.hpp"

namespace maintain::plugins::apt {
namespace {

constexpr std::size_t longest_word = 300;

bool made_of(std::string_view text, std::string_view more) {
  return !text.empty() && text.size() <= longest_word && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos;
  });
}

// Cuts the text before the mark off the front of rest; nothing when the mark is missing.
std::optional<std::string_view> cut(std::string_view& rest, std::string_view mark) {
  const std::size_t at = rest.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view before = rest.substr(0, at);
  rest.remove_prefix(at + mark.size());
  return before;
}

// NAME [FROM] (TO ORIGIN, ORIGIN [ARCH]) [WHAT IT BREAKS MEANWHILE]; FROM may be missing.
std::optional<PlannedChange> parse_install(std::string_view rest) {
  const auto name = cut(rest, " ");
  if (!name || !is_package_name(*name)) return std::nullopt;
  PlannedChange change{.name = std::string(*name)};
  if (rest.starts_with('[')) {
    rest.remove_prefix(1);
    const auto from = cut(rest, "] ");
    if (!from || !is_version(*from)) return std::nullopt;
    change.from = *from;
  }
  if (!rest.starts_with('(')) return std::nullopt;
  rest.remove_prefix(1);
  const auto to = cut(rest, " ");
  if (!to || !is_version(*to)) return std::nullopt;
  change.to = *to;
  const std::size_t architecture = rest.find(" [");
  if (architecture == std::string_view::npos) return change;
  rest = rest.substr(0, architecture);
  while (const auto origin = cut(rest, ", ")) change.origins.emplace_back(*origin);
  change.origins.emplace_back(rest);
  return change;
}

// NAME [FROM]
std::optional<PlannedChange> parse_removal(std::string_view rest) {
  const auto words = split_words(rest);
  if (words.size() < 2 || !is_package_name(words[0])) return std::nullopt;
  const std::string_view from = words[1];
  if (from.size() < 3 || !from.starts_with('[') || !from.ends_with(']')) return std::nullopt;
  return PlannedChange{.name = std::string(words[0]), .from = std::string(from.substr(1, from.size() - 2))};
}

// "1,234.5 MB"
long long parse_size(std::string_view number, std::string_view unit) {
  std::string digits;
  for (const char c : number) {
    if (c != ',') digits += c;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || !std::isfinite(value) || value < 0) return 0;
  const double factor = unit == "kB" ? 1e3 : unit == "MB" ? 1e6 : unit == "GB" ? 1e9 : unit == "TB" ? 1e12 : 1;
  return static_cast<long long>(std::min(value * factor, 1e15));
}

}  // namespace

bool is_package_name(std::string_view text) {
  return made_of(text, "+-.:") && ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= '0' && text[0] <= '9'));
}

bool is_version(std::string_view text) {
  return made_of(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ+-.:~_") && text[0] != '-';
}

bool is_security_origin(std::string_view origin) {
  // "Debian-Security:11/oldstable-security", "Ubuntu:22.04/jammy-security", "UbuntuESMApps:20.04/focal-apps-security",
  // and of policy "http://... bookworm-security/main amd64 Packages" or, until Debian 10, ".../updates/main".
  return origin.find("-security") != std::string_view::npos || origin.find("-Security") != std::string_view::npos ||
         origin.find("/updates/") != std::string_view::npos;
}

Simulation parse_simulation(std::string_view text) {
  Simulation simulation;
  bool lists_kept_back = false;
  for (const std::string_view line : split_lines(text)) {
    if (line.starts_with("  ")) {
      if (!lists_kept_back) continue;
      for (const std::string_view name : split_words(line)) {
        if (is_package_name(name)) simulation.kept_back.emplace_back(name);
      }
      continue;
    }
    lists_kept_back = line.starts_with("The following packages have been kept back") ||
                      line.starts_with("The following upgrades have been deferred due to phasing");
    std::optional<PlannedChange> change;
    if (line.starts_with("Inst ")) change = parse_install(line.substr(5));
    if (line.starts_with("Remv ") || line.starts_with("Purg ")) change = parse_removal(line.substr(5));
    if (change) simulation.changes.push_back(std::move(*change));
  }
  return simulation;
}

std::map<std::string, Policy, std::less<>> parse_policy(std::string_view text) {
  std::map<std::string, Policy, std::less<>> policies;
  Policy* policy = nullptr;
  for (const std::string_view line : split_lines(text)) {
    if (!line.starts_with(' ')) {
      const std::string_view name = line.substr(0, line.empty() ? 0 : line.size() - 1);
      policy = line.ends_with(':') && is_package_name(name) ? &policies[std::string(name)] : nullptr;
      continue;
    }
    const auto words = split_words(line);
    if (policy == nullptr || words.size() < 2) continue;
    if (words[0] == "Installed:") policy->installed = words[1];
    else if (words[0] == "Candidate:") policy->candidate = words[1];
    else if (line.starts_with("        ") && !policy->versions.empty()) {
      const std::string_view source = trim(line).substr(words[0].size());  // without the priority
      policy->versions.back().sources.emplace_back(trim(source));
    } else if (line.starts_with("     ") || line.starts_with(" *** ")) {
      const std::size_t at = words[0] == "***" ? 1 : 0;
      if (!is_version(words[at])) continue;
      PolicyVersion version{.version = std::string(words[at])};
      constexpr std::string_view phased = "(phased ";
      if (const std::size_t start = line.find(phased); start != std::string_view::npos) {
        std::string_view rest = line.substr(start + phased.size());
        if (const auto percent = cut(rest, "%)")) {
          version.phased = static_cast<int>(std::min(parse_number(*percent).value_or(100), 100LL));
        }
      }
      policy->versions.push_back(std::move(version));
    }
  }
  return policies;
}

std::string security_version(const Policy& policy) {
  for (const PolicyVersion& version : policy.versions) {
    if (version.version == policy.installed) break;
    if (std::any_of(version.sources.begin(), version.sources.end(), is_security_origin)) return version.version;
  }
  return {};
}

Sizes parse_sizes(std::string_view text) {
  Sizes sizes;
  for (const std::string_view line : split_lines(text)) {
    const auto words = split_words(line);
    if (line.starts_with("After this operation, ") && words.size() > 4) {
      sizes.growth = parse_size(words[3], words[4]);
      if (line.find(" freed") != std::string_view::npos) sizes.growth = -sizes.growth;
    } else if (line.starts_with('\'') && words.size() >= 3) {  // 'URI' FILE SIZE HASH
      const long long size = parse_number(words[2]).value_or(0);
      if (size < 1'000'000'000'000 && sizes.download < 1'000'000'000'000) sizes.download += size;
    }
  }
  return sizes;
}

}  // namespace maintain::plugins::apt
