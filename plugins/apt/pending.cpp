#include "apt/pending.hpp"

#include <algorithm>

namespace maintain::plugins::apt {
namespace {

using Upgrades = std::map<std::string, const PlannedChange*>;

void add_upgrades(Upgrades& upgrades, const Simulation& simulation) {
  for (const PlannedChange& change : simulation.changes) {
    if (change.is_upgrade()) upgrades.emplace(change.name, &change);
  }
}

bool takes(const Simulation& simulation, const std::string& package) {
  return std::any_of(simulation.changes.begin(), simulation.changes.end(), [&](const PlannedChange& change) {
    return change.is_upgrade() && change.name == package;
  });
}

bool is_phased(const PackageSurvey& survey, const PlannedChange& change) {
  const auto policy = survey.policies.find(change.name);
  if (policy == survey.policies.end()) return false;
  const auto& versions = policy->second.versions;
  return std::any_of(versions.begin(), versions.end(), [&](const PolicyVersion& version) {
    return version.version == change.to && version.phased < 100;
  });
}

bool is_security(const PackageSurvey& survey, const PlannedChange& change) {
  if (std::any_of(change.origins.begin(), change.origins.end(), is_security_origin)) return true;
  const auto policy = survey.policies.find(change.name);
  return policy != survey.policies.end() && !security_version(policy->second).empty();
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// What apt complained of when a section failed.
std::string complaint(const Sections& sections, std::string_view name) {
  const Section* section = find_section(sections, name);
  if (section == nullptr) return "the server did not answer the question '" + std::string(name) + "'";
  if (section->ok()) return {};
  std::string errors;
  for (const std::string_view line : split_lines(section->body)) {
    if (line.starts_with("E: ") && errors.size() < 500)
      errors += (errors.empty() ? "" : "; ") + std::string(line.substr(3));
  }
  if (!errors.empty()) return printable(errors);
  if (!section->status) return "the answer to '" + std::string(name) + "' was cut off";
  return "'" + std::string(name) + "' ended with exit status " + std::to_string(*section->status);
}

}  // namespace

std::string_view to_string(PendingClass kind) {
  switch (kind) {
    case PendingClass::security: return "security";
    case PendingClass::other: return "other";
    case PendingClass::phased: return "phased";
    case PendingClass::held: return "held";
    case PendingClass::conffile_blocked: return "conffile_blocked";
    case PendingClass::blocked: return "blocked";
    case PendingClass::kept_back: return "kept_back";
  }
  return "other";
}

PackageSurvey read_packages(const Sections& sections) {
  PackageSurvey survey;
  for (const std::string_view name : {"held", "simulate"}) {
    if (survey.problem.empty()) survey.problem = complaint(sections, name);
  }
  if (!survey.problem.empty()) return survey;
  const auto body = [&](std::string_view name) {
    const Section* section = find_section(sections, name);
    return section == nullptr ? std::string_view{} : std::string_view(section->body);
  };
  survey.simulate = parse_simulation(body("simulate"));
  survey.all_problem = complaint(sections, "all");  // it may fail where the other does not
  if (survey.all_problem.empty()) survey.all = parse_simulation(body("all"));
  survey.policies = parse_policy(body("policy"));
  for (const std::string_view name : split_words(body("held"))) {
    if (is_package_name(name)) survey.held.emplace(name);
  }
  for (const PlannedChange& change : parse_simulation(body("autoremove")).changes) {
    if (change.to.empty()) survey.autoremovable.push_back(change.name);
  }
  survey.sizes = parse_sizes(body("sizes"));
  const auto times = split_words(body("lists"));
  if (times.size() == 2) {
    const auto now = parse_number(times[0]);
    const auto then = parse_number(times[1]);
    constexpr long long longest = 1'000'000'000'000;
    if (now && then && *now < longest && *then <= *now) survey.lists_age = std::chrono::seconds(*now - *then);
  }
  return survey;
}

ConffileConflicts parse_conflicts(std::string_view body) {
  ConffileConflicts conflicts;
  for (const std::string_view line : split_lines(body)) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos || !is_package_name(line.substr(0, tab)) || conflicts.size() > 5000) continue;
    conflicts[std::string(line.substr(0, tab))].push_back(printable(line.substr(tab + 1)));
  }
  return conflicts;
}

const BlockEntry* blocking_entry(const Options& options, const std::string& package, Moment now) {
  for (const BlockEntry& entry : options.blocklist) {
    if (matches(entry.package, package) && (!entry.until || now < *entry.until)) return &entry;
  }
  return nullptr;
}

std::vector<PendingPackage> classify(const PackageSurvey& survey, const Options& options,
                                     const ConffileConflicts& conflicts, const PendingSince& since, Moment now) {
  Upgrades upgrades;
  add_upgrades(upgrades, survey.simulate);
  add_upgrades(upgrades, survey.all);
  std::vector<PlannedChange> only_named;
  if (!survey.all_problem.empty()) {
    for (const std::string& name : survey.simulate.kept_back) only_named.push_back({.name = name});
  }
  for (const PlannedChange& change : only_named) upgrades.emplace(change.name, &change);
  std::vector<PendingPackage> pending;
  for (const auto& [name, change] : upgrades) {
    PendingPackage package{.name = name, .installed = change->from, .candidate = change->to,
                           .security = is_security(survey, *change)};
    const auto known = since.find(name);
    package.since = known == since.end() || known->second > now ? now : known->second;
    const BlockEntry* entry = blocking_entry(options, name, now);
    const auto conflict = conflicts.find(name);
    if (survey.held.contains(name)) {
      package.kind = PendingClass::held;
    } else if (entry != nullptr) {
      package.kind = PendingClass::blocked;
      package.reason = entry->reason + (entry->until ? " (until " + day_text(*entry->until) + ")" : "");
    } else if (conflict != conflicts.end()) {
      package.kind = PendingClass::conffile_blocked;
      package.reason = joined(conflict->second);
    } else if (takes(survey.simulate, name)) {
      package.kind = package.security ? PendingClass::security : PendingClass::other;
    } else if (is_phased(survey, *change)) {
      package.kind = PendingClass::phased;
    } else {
      package.kind = PendingClass::kept_back;
    }
    pending.push_back(std::move(package));
  }
  return pending;
}

std::vector<Pin> pins_for(const std::vector<PendingPackage>& pending, const PackageSurvey& survey,
                          const Options& options, Moment now) {
  std::vector<Pin> pins;
  for (const PendingPackage& package : pending) {
    if (package.installed.empty()) continue;  // apt keeps it back of its own accord
    const bool stays = package.kind == PendingClass::blocked || package.kind == PendingClass::conffile_blocked;
    if (stays || (options.mode == UpgradeMode::security && !package.security)) {
      pins.push_back({.package = package.name, .version = package.installed});
    } else if (options.mode == UpgradeMode::security && package.kind == PendingClass::security) {
      // A later version in another archive must not come along with the fix.
      const auto policy = survey.policies.find(package.name);
      const std::string fix = policy == survey.policies.end() ? std::string{} : security_version(policy->second);
      if (!fix.empty() && fix != package.candidate) pins.push_back({.package = package.name, .version = fix});
    }
  }
  for (const PlannedChange& change : survey.simulate.changes) {
    if (change.from.empty() && blocking_entry(options, change.name, now) != nullptr) {
      pins.push_back({.package = change.name, .version = {}});
    }
  }
  return pins;
}

void note_kept_back(std::vector<PendingPackage>& pending, const Simulation& pinned, UpgradeMode mode) {
  for (PendingPackage& package : pending) {
    const bool wanted = package.kind == PendingClass::security ||
                        (package.kind == PendingClass::other && mode != UpgradeMode::security);
    if (wanted && !takes(pinned, package.name)) package.kind = PendingClass::kept_back;
  }
}

PendingSince memory(const std::vector<PendingPackage>& pending, const PackageSurvey& survey,
                    const PendingSince& before) {
  constexpr std::size_t most = 2000;
  PendingSince since;
  for (const PendingPackage& package : pending) {
    if (since.size() < most) since.emplace(package.name, package.since);
  }
  if (survey.all_problem.empty()) return since;
  for (const auto& [name, moment] : before) {
    if (since.size() < most) since.emplace(name, moment);
  }
  return since;
}

std::vector<PlannedChange> changes_despite(const std::vector<Pin>& pins, const Simulation& pinned) {
  std::vector<PlannedChange> found;
  for (const PlannedChange& change : pinned.changes) {
    const auto is_broken = [&](const Pin& pin) { return pin.package == change.name && pin.version != change.to; };
    if (std::any_of(pins.begin(), pins.end(), is_broken)) found.push_back(change);
  }
  return found;
}

}  // namespace maintain::plugins::apt
