// Which packages wait for an upgrade, and why each of them waits.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apt/apt_parse.hpp"
#include "apt/options.hpp"
#include "common/sections.hpp"

namespace maintain::plugins::apt {

// security and other: the next upgrade takes them. Phased and held ones are not pending for anybody who would have to
// do something about it; held ones with a security fix are.
enum class PendingClass { security, other, phased, held, conffile_blocked, blocked, kept_back };
std::string_view to_string(PendingClass kind);  // "security", "kept_back", ...

struct PendingPackage {
  std::string name;
  std::string installed;
  std::string candidate;     // both are empty when only the name is known
  PendingClass kind = PendingClass::other;
  bool security = false;     // whatever its class
  std::string reason = {};   // why it is not upgraded, for blocked and conffile_blocked
  Moment since{};            // when it was first seen pending
};

// What packages_script() told.
struct PackageSurvey {
  std::string problem = {};  // not empty: apt cannot tell; the rest is not to be used
  Simulation simulate = {};  // of the upgrade that is to be done
  Simulation all = {};       // of everything there is, holds and phasing ignored
  std::string all_problem = {};  // not empty: apt cannot plan that; what the upgrade leaves is known by name only
  std::map<std::string, Policy, std::less<>> policies = {};
  std::set<std::string> held = {};
  std::vector<std::string> autoremovable = {};
  Sizes sizes = {};
  std::optional<Milliseconds> lists_age = {};  // since the lists were last asked for
};
PackageSurvey read_packages(const Sections& sections);

// Conffiles that both sides changed, by package; from conffile_script().
using ConffileConflicts = std::map<std::string, std::vector<std::string>>;
ConffileConflicts parse_conflicts(std::string_view body);

// Pure. The survey is one without pins. `since` is what memory() gave for the run before.
using PendingSince = std::map<std::string, Moment>;
std::vector<PendingPackage> classify(const PackageSurvey& survey, const Options& options,
                                     const ConffileConflicts& conflicts, const PendingSince& since, Moment now);

// What has to stay where it is (or at the security fix) for the upgrade that the options ask for.
std::vector<Pin> pins_for(const std::vector<PendingPackage>& pending, const PackageSurvey& survey,
                          const Options& options, Moment now);

// Packages that the pinned simulation does not take although nothing said so: kept back together with a pinned one.
void note_kept_back(std::vector<PendingPackage>& pending, const Simulation& pinned, UpgradeMode mode);

// To be kept for the next classify(). While apt cannot say all that is pending, nothing known before is forgotten.
PendingSince memory(const std::vector<PendingPackage>& pending, const PackageSurvey& survey,
                    const PendingSince& before);

// Those of the changes that the pins were to prevent: the server has preferences that are stronger.
std::vector<PlannedChange> changes_despite(const std::vector<Pin>& pins, const Simulation& pinned);

// The blocklist entry that is in force for a package, or null.
const BlockEntry* blocking_entry(const Options& options, const std::string& package, Moment now);

}  // namespace maintain::plugins::apt
