#include "pydeps/classify/proposals.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "pydeps/version/specifier.hpp"

namespace maintain::pydeps {
namespace {

constexpr std::size_t longest_version = 200;
constexpr std::size_t longest_requirement = 1000;

constexpr std::array<std::pair<std::string_view, ReportedTypes>, 5> words = {{
    {"security", ReportedTypes::security}, {"bug", ReportedTypes::bug}, {"compat", ReportedTypes::compat},
    {"feature", ReportedTypes::feature}, {"all", ReportedTypes::all}}};

// The narrowest of the lines that the installed version is on.
std::optional<Version> line_of(const ReleaseQuery& query) {
  std::optional<Version> narrowest;
  if (query.releases == nullptr || query.lts_is_over) return narrowest;
  for (const Version& line : query.releases->lts_lines) {
    if (!in_line(query.installed, line)) continue;
    if (!narrowest || line.release.size() > narrowest->release.size()) narrowest = line;
  }
  return narrowest;
}

bool is_candidate(const ReleaseQuery& query, const std::optional<Version>& line, const Version& version) {
  if (version <= query.installed) return false;
  if (version.is_prerelease() && !query.installed.is_prerelease()) return false;
  if (query.releases != nullptr && query.releases->ignored.contains(version)) return false;
  return !line || in_line(version, *line);
}

Proposal classify(const ReleaseQuery& query, const Version& version) {
  if (query.releases != nullptr) {
    const auto known = query.releases->kinds.find(version);
    if (known != query.releases->kinds.end()) return {version, known->second, true};
  }
  if (query.fixes.contains(version)) return {version, ReleaseKind::security, false};
  if (same_series(version, query.installed)) return {version, ReleaseKind::bug_fix, false};
  return {version, ReleaseKind::feature, false};
}

}  // namespace

bool suits_python(const std::string& requires_python, const std::optional<Version>& python) {
  if (!python || requires_python.size() > longest_requirement) return true;
  const std::optional<SpecifierSet> required = SpecifierSet::parse(requires_python);
  return !required || required->contains(*python, Prereleases::taken);
}

std::optional<ReportedTypes> parse_reported_types(std::string_view word) {
  for (const auto& [known, types] : words)
    if (known == word) return types;
  return std::nullopt;
}

bool is_told(ReportedTypes types, ReleaseKind kind) {
  switch (kind) {
    case ReleaseKind::security: return true;
    case ReleaseKind::bug_fix: return types >= ReportedTypes::bug;
    case ReleaseKind::compatibility: return types >= ReportedTypes::compat;
    case ReleaseKind::feature: return types >= ReportedTypes::feature;
  }
  return false;
}

std::string_view kind_text(ReleaseKind kind) {
  switch (kind) {
    case ReleaseKind::security: return "security";
    case ReleaseKind::bug_fix: return "bug fix";
    case ReleaseKind::compatibility: return "compatibility";
    case ReleaseKind::feature: return "feature";
  }
  return {};
}

Proposals propose_releases(const ReleaseQuery& query) {
  Proposals proposals;
  proposals.lts_line = line_of(query);
  std::map<Version, bool> candidates;  // whether they suit the environment's Python
  for (const AvailableRelease& release : query.available) {
    if (release.yanked || release.without_files) continue;
    const std::optional<Version> version =
        release.version.size() <= longest_version ? Version::parse(release.version) : std::nullopt;
    if (!version) ++proposals.unreadable;
    else if (is_candidate(query, proposals.lts_line, *version))
      candidates[*version] |= suits_python(release.requires_python, query.python);
  }
  for (const auto& [version, suitable] : candidates) {
    Proposal proposal = classify(query, version);
    if (!is_told(query.types, proposal.kind)) continue;
    (suitable ? proposals.releases : proposals.need_python).push_back(std::move(proposal));
  }
  return proposals;
}

}  // namespace maintain::pydeps
