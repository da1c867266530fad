#include "pydeps/check/assess.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "pydeps/advisory/merge.hpp"
#include "pydeps/check/findings.hpp"
#include "pydeps/classify/end_of_life.hpp"
#include "pydeps/version/version.hpp"

namespace maintain::pydeps {
namespace {

// What is known of a package at a version, for all environments that hold it.
struct Known {
  std::optional<Version> version = {};
  std::vector<Vulnerability> vulnerabilities = {};
  const Release* release = nullptr;                 // as the index has it
  std::map<std::string, Proposals> proposals = {};  // by the environment's Python
};

// The vulnerabilities of a package that are told, and what mends them.
struct Mended {
  std::set<std::string> told = {};  // their ids
  std::set<std::string> ignored = {};
  std::set<Version> fixes = {};     // each mends one of them
  std::optional<Version> by = {};   // the newest of those that are proposed for them
};

class Assessor {
 public:
  Assessor(const AssessmentQuery& query, Ignores& ignores)
      : query_(query), knowledge_(query.knowledge), ignores_(ignores) {}

  Assessment run() {
    for (const Environment& environment : query_.gathered.inventory.environments) add_environment(environment);
    return std::move(assessment_);
  }

 private:
  Told& tell(Source source, const std::string& key, const std::string& version, Finding finding) {
    const std::string& given = environment_->given.empty() ? environment_->path : environment_->given;
    assessment_.told.push_back({std::move(finding), source, environment_->path, given, key});
    assessment_.told.back().version = version;
    return assessment_.told.back();
  }

  void tell_of_index(const Package& package, Finding finding) {
    tell(Source::index, package.key, package.version, std::move(finding));
  }

  Told& tell_vulnerability(const Package& package, Finding finding, std::vector<std::string> ids) {
    Told& told = tell(Source::advisories, package.key, package.version, std::move(finding));
    told.advisories = std::move(ids);
    return told;
  }

  std::string named_environment() const { return environment_->path == query_.unnamed ? "" : environment_->path; }

  Place place_of(const Package& package) const { return {package, environment_->path, named_environment()}; }

  void add_environment(const Environment& environment) {
    environment_ = &environment;
    assessment_.environments.push_back(
        {.path = environment.path, .python = environment.python_version, .packages = environment.packages.size()});
    python_ = Version::parse(environment.python_version);
    if (auto finding = doubt_finding(environment)) tell(Source::environment, "", "", std::move(*finding));
    if (python_ && !ignores_.covers_package("python", environment.python_version))
      add_end_of_life("python", "Python", environment.python_version, *python_);
    for (const Package& package : environment.packages) add_package(package);
  }

  bool add_end_of_life(const std::string& key, const std::string& product, const std::string& text,
                       const Version& version) {
    const auto end = end_of_life(knowledge_.end_of_life, key, version, query_.today);
    if (!end) return false;
    if (knowledge_.lacks_end_of_life()) return end->is_over;
    if (auto finding = end_of_life_finding(product, text, *end, environment_->path, named_environment()))
      tell(Source::environment, key, text, std::move(*finding));
    return end->is_over;
  }

  Known& known_of(const Package& package) {
    const auto [place, is_new] = known_.try_emplace({package.key, package.version});
    if (!is_new) return place->second;
    place->second.version = Version::parse(package.version);
    if (const auto advisories = knowledge_.advisories.find(package.key); advisories != knowledge_.advisories.end())
      place->second.vulnerabilities =
          vulnerabilities(package.key, package.version, advisories->second, compare_versions);
    if (const auto project = knowledge_.projects.find(package.key); project != knowledge_.projects.end())
      place->second.release = find_release(project->second, package.version, compare_versions);
    return place->second;
  }

  const ProjectReleases* project_of(const Package& package) const {
    const auto project = knowledge_.projects.find(package.key);
    return project == knowledge_.projects.end() || !is_on_index(package) ? nullptr : &project->second;
  }

  // By the index: what it says nothing of passes for released.
  Remedies remedies_of(const std::vector<std::string>& fixes, const std::optional<Version>& installed,
                       const ProjectReleases* project) const {
    Remedies remedies;
    for (const std::string& fix : fixes) {
      const auto version = Version::parse(fix);
      if (version && version->is_prerelease() && !(installed && installed->is_prerelease())) continue;
      const Release* release = project == nullptr ? nullptr : find_release(*project, fix, compare_versions);
      if (project != nullptr && (release == nullptr || release->yanked || release->without_files)) continue;
      const bool is_suitable = release == nullptr || suits_python(release->requires_python, python_);
      (is_suitable ? remedies.fixes : remedies.need_python).push_back(fix);
    }
    return remedies;
  }

  void add_package(const Package& package) {
    Known& known = known_of(package);
    const ProjectReleases* project = project_of(package);
    const bool is_ignored = ignores_.covers_package(package.key, package.version);
    Mended mended;
    EnvironmentSummary& summary = assessment_.environments.back();
    bool is_vulnerable = add_vulnerabilities(package, known, project, mended);
    Mended others{.told = mended.told, .ignored = mended.ignored};
    for (const std::string& version : package.other_versions) {
      Package other = package;
      other.version = version;
      if (add_vulnerabilities(other, known_of(other), project, others)) is_vulnerable = true;
    }
    if (is_vulnerable) ++summary.vulnerable;
    if (!is_on_index(package) || !known.version) ++summary.not_compared;
    if (is_ignored) return;
    const bool is_over = package.key == "django" && known.version &&
                         add_end_of_life("django", "Django", package.version, *known.version);
    if (!is_on_index(package)) return;
    if (knowledge_.unknown.contains(package.key))
      tell_of_index(package, unknown_package_finding(place_of(package), query_.options.index));
    if (project == nullptr) return;
    if (project->status != ProjectStatus::active)
      tell_of_index(package, withdrawn_finding(place_of(package), *project));
    if (known.release != nullptr && known.release->yanked)
      tell_of_index(package, yanked_finding(place_of(package), *known.release));
    if (known.version && add_releases(package, known, *project, mended, is_over)) ++summary.outdated;
  }

  bool add_vulnerabilities(const Package& package, const Known& known, const ProjectReleases* project,
                           Mended& mended) {
    bool any = false;
    if (!may_have_advisories(package)) return any;
    std::set<std::string> ids;
    for (const Vulnerability& vulnerability : known.vulnerabilities) {
      ids.insert(vulnerability.ids.begin(), vulnerability.ids.end());
      // Of another version of the package.
      if (mended.told.contains(told_id(vulnerability))) continue;
      const Remedies remedies = remedies_of(vulnerability.fixes, known.version, project);
      const bool has_fix = !remedies.fixes.empty() || !remedies.need_python.empty();
      const bool is_certain = !knowledge_.unanswered.contains(package.key) || was_told(vulnerability);
      if (ignores_.covers({package.key, package.version, vulnerability.ids, has_fix && is_certain})) {
        if (mended.ignored.insert(vulnerability.id).second) ++assessment_.environments.back().ignored;
        continue;
      }
      any = true;
      mended.told.insert(vulnerability.ids.begin(), vulnerability.ids.end());
      for (const std::string& fix : vulnerability.fixes)
        if (auto version = Version::parse(fix)) mended.fixes.insert(std::move(*version));
      if (!remedies.fixes.empty())
        if (const auto first = Version::parse(remedies.fixes.front()); first && (!mended.by || *mended.by < *first))
          mended.by = first;
      Told& told = tell_vulnerability(
          package, vulnerable_finding(place_of(package), vulnerability, told_id(vulnerability), remedies),
          vulnerability.ids);
      told.fixes = remedies.fixes;
      told.severity = vulnerability.malicious ? "malicious" : rating_name(vulnerability.rating);
      told.score = vulnerability.score;
      told.vector = vulnerability.vector;
    }
    if (const auto unread = knowledge_.unread_advisories.find({package.key, package.version});
        unread != knowledge_.unread_advisories.end())
      for (const UnreadAdvisory& advisory : unread->second) {
        const std::vector<std::string> only{advisory.id};
        if (ids.contains(advisory.id) || mended.told.contains(advisory.id)) continue;
        if (ignores_.covers({package.key, package.version, only, false})) continue;
        any = true;
        mended.told.insert(advisory.id);
        tell_vulnerability(package, unread_advisory_finding(place_of(package), advisory), only);
      }
    return any;
  }

  // Then it was not ignored, and while the index cannot be asked about fixes it is not to be either.
  bool was_told(const Vulnerability& vulnerability) const {
    return query_.known_ids.contains(told_id(vulnerability));
  }

  // The id that it was told by, lest an alias that comes later be news and the old one over.
  std::string told_id(const Vulnerability& vulnerability) const {
    const auto known = std::find_if(vulnerability.ids.begin(), vulnerability.ids.end(),
                                    [&](const std::string& id) { return query_.known_ids.contains(id); });
    return known == vulnerability.ids.end() ? vulnerability.id : *known;
  }

  // The same for every environment with this version of the package and of Python: what it depends on otherwise, the
  // fixes included, follows from these. A fleet has few versions, and each release's is parsed here.
  const Proposals& proposals_of(const Package& package, Known& known, const ProjectReleases& project,
                                const std::set<Version>& fixes, bool is_over) {
    const auto [place, is_new] = known.proposals.try_emplace(environment_->python_version);
    if (!is_new) return place->second;
    ReleaseQuery releases{.installed = *known.version, .releases = knowledge_.database.find(package.key),
                          .fixes = fixes, .types = query_.options.types, .python = python_, .lts_is_over = is_over};
    for (const Release& release : project.releases)
      releases.available.push_back({.version = release.version, .yanked = release.yanked,
                                    .without_files = release.without_files,
                                    .requires_python = release.requires_python});
    return place->second = propose_releases(releases);
  }

  bool add_releases(const Package& package, Known& known, const ProjectReleases& project,
                    const Mended& mended, bool is_over) {
    const PackageReleases* database = knowledge_.database.find(package.key);
    Proposals proposals = proposals_of(package, known, project, mended.fixes, is_over);
    const bool is_outdated = !proposals.releases.empty() || !proposals.need_python.empty();
    // What was told of them stays: see keep_what_is_not_over().
    if (knowledge_.lacks_judgement(package.key)) return is_outdated;
    // The vulnerability's own finding names its fixes, and nobody is to be sent to what does not mend it; what the team
    // calls a security release mends something else.
    const auto is_told = [&](const Proposal& proposal) {
      if (proposal.kind == ReleaseKind::security) return mended.fixes.contains(proposal.version);
      return mended.by && proposal.version < *mended.by;
    };
    const bool is_fixed = std::erase_if(proposals.releases, is_told) > 0;
    std::erase_if(proposals.need_python, is_told);
    std::vector<Proposal> security;
    std::vector<Proposal> others;
    for (const Proposal& proposal : proposals.releases)
      (proposal.kind == ReleaseKind::security ? security : others).push_back(proposal);
    if (!security.empty())
      tell_of_index(package, security_release_finding(place_of(package), security, database));
    if (!others.empty() || (security.empty() && !is_fixed && !proposals.need_python.empty()))
      tell_of_index(package, outdated_finding(place_of(package), others, proposals.need_python, database));
    return is_outdated;
  }

  const AssessmentQuery& query_;
  const Knowledge& knowledge_;
  Ignores& ignores_;
  const Environment* environment_ = nullptr;
  std::optional<Version> python_ = {};
  std::map<PackageAt, Known> known_ = {};
  Assessment assessment_ = {};
};

}  // namespace

bool is_on_index(const Package& package) {
  // Debian's old pip lists a package pkg-resources 0.0.0, which does not exist (launchpad.net/bugs/1635463).
  if (package.key == "pkg-resources" && package.version == "0.0.0") return false;
  return package.origin == Origin::index || package.origin == Origin::archive;
}

bool may_have_advisories(const Package& package) {
  return !package.version.empty() && (is_on_index(package) || package.origin == Origin::vcs);
}

Wanted wanted_of(const std::vector<Environment>& environments, const Options& options, Ignores& ignores) {
  Wanted wanted;
  const auto want = [&wanted](auto& list, const auto& one, const std::string& package) {
    if (list.size() < most_asked || list.contains(one)) list.insert(one);
    else wanted.left_out.insert(package);
  };
  for (const Environment& environment : environments)
    for (const Package& package : environment.packages) {
      const bool is_kept_from_index = options.vulnerabilities ? ignores.keeps_from_index(package.key, package.version)
                                                              : ignores.covers_package(package.key, package.version);
      if (!options.index.empty() && is_on_index(package) && !is_kept_from_index)
        want(wanted.projects, package.key, package.key);
      if (options.vulnerabilities && may_have_advisories(package) &&
          !ignores.covers_all_of(package.key, package.version)) {
        want(wanted.versions, PackageAt{package.key, package.version}, package.key);
        for (const std::string& version : package.other_versions)
          want(wanted.versions, PackageAt{package.key, version}, package.key);
      }
    }
  return wanted;
}

Assessment assess(const AssessmentQuery& query, Ignores& ignores) { return Assessor(query, ignores).run(); }

}  // namespace maintain::pydeps
