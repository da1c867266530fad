#include "backup/copy_fates.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace maintain {
namespace {

std::vector<Fate> fates_of_verified(const std::vector<CopyManifest>& newest_first, const RetentionPolicy& policy,
                                    int min_verified, const WallClock& wall_clock) {
  std::vector<Time> times;
  for (const CopyManifest& copy : newest_first)
    if (copy.state == CopyState::verified) times.push_back(copy.started);
  std::vector<Fate> fates = apply_policy(times, policy, wall_clock);
  const int least = std::max(min_verified, 1);
  for (std::size_t i = 0; i < std::min(fates.size(), static_cast<std::size_t>(least)); ++i) {
    if (!fates[i].keep) fates[i] = {true, {}};
    fates[i].reasons.push_back(fmt::format("verified {} of at least {}", i + 1, least));
  }
  return fates;
}

}  // namespace

std::vector<Fate> fates_of(const std::vector<CopyManifest>& newest_first, const RetentionPolicy& policy,
                           int min_verified, const WallClock& wall_clock) {
  const std::vector<Fate> verified = fates_of_verified(newest_first, policy, min_verified, wall_clock);
  const auto kept = static_cast<std::size_t>(
      std::count_if(verified.begin(), verified.end(), [](const Fate& fate) { return fate.keep; }));
  std::vector<Fate> fates;
  std::size_t seen = 0, kept_before = 0;  // of the verified ones
  int unverified = 0;
  const auto fate_of_unverified = [&]() -> Fate {
    ++unverified;
    if (kept > 0 && kept_before == kept) return {false, {"unverified, and older than every copy that is kept"}};
    if (unverified > kept_unverified)
      return {false, {fmt::format("unverified, and {} newer ones stay", kept_unverified)}};
    return {true, {fmt::format("unverified {} of {}", unverified, kept_unverified)}};
  };
  for (const CopyManifest& copy : newest_first) {
    switch (copy.state) {
      case CopyState::verified:
        if (verified[seen].keep) ++kept_before;
        fates.push_back(verified[seen++]);
        break;
      case CopyState::unverified: fates.push_back(fate_of_unverified()); break;
      case CopyState::quarantined: fates.push_back({true, {"quarantined: waits for a person"}}); break;
      case CopyState::damaged: fates.push_back({true, {"damaged: waits for a person"}}); break;
    }
  }
  return fates;
}

}  // namespace maintain
