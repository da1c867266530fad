#include "pydeps/check/ignores.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "pydeps/version/version.hpp"

namespace maintain::pydeps {
namespace {

bool same_version(std::string_view wanted, std::string_view installed) {
  if (wanted.empty() || wanted == installed) return true;
  const auto order = compare_versions(wanted, installed);
  return order && *order == 0;
}

// Ids are written in capitals mostly, and a person may not.
bool same_id(std::string_view a, std::string_view b) {
  const auto same = [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

}  // namespace

Ignores::Ignores(std::vector<IgnoreEntry> entries, std::chrono::sys_days today) : today_(today) {
  for (IgnoreEntry& entry : entries) entries_.push_back({.entry = std::move(entry)});
}

bool Ignores::covers_package(std::string_view key, std::string_view version) {
  return covers(key, version, Extent::but_vulnerabilities);
}

bool Ignores::covers_all_of(std::string_view key, std::string_view version) {
  return covers(key, version, Extent::all);
}

bool Ignores::keeps_from_index(std::string_view key, std::string_view version) {
  return covers(key, version, Extent::index);
}

bool Ignores::covers(std::string_view key, std::string_view version, Extent extent) {
  bool covered = false;
  for (Kept& kept : entries_) {
    const IgnoreEntry& entry = kept.entry;
    if (entry.key != key || !entry.advisory.empty() || entry.until_fixed || is_over(entry)) continue;
    if (!same_version(entry.version, version)) continue;
    if (extent == Extent::all && entry.but_vulnerabilities) continue;
    if (extent == Extent::index && entry.but_vulnerabilities && !entry.legacy) continue;
    kept.used = covered = true;
  }
  return covered;
}

bool Ignores::covers(const IgnorableVulnerability& vulnerability) {
  bool covered = false;
  for (Kept& kept : entries_) {
    const IgnoreEntry& entry = kept.entry;
    if (entry.key != vulnerability.key || entry.but_vulnerabilities || is_over(entry)) continue;
    if (!same_version(entry.version, vulnerability.version)) continue;
    if (!entry.advisory.empty() &&
        std::none_of(vulnerability.ids.begin(), vulnerability.ids.end(),
                     [&](const std::string& id) { return same_id(id, entry.advisory); }))
      continue;
    if (entry.until_fixed && vulnerability.has_fix) {
      kept.fix_released = true;
      continue;
    }
    kept.used = covered = true;
  }
  return covered;
}

std::vector<Ignores::Outcome> Ignores::outcomes() const {
  std::vector<Outcome> outcomes;
  for (const Kept& kept : entries_) {
    if (kept.entry.legacy) continue;
    IgnoreState state = IgnoreState::unused;
    if (is_over(kept.entry)) state = IgnoreState::expired;
    else if (kept.used) state = IgnoreState::used;
    else if (kept.fix_released) state = IgnoreState::fix_released;
    outcomes.push_back({&kept.entry, state});
  }
  return outcomes;
}

}  // namespace maintain::pydeps
