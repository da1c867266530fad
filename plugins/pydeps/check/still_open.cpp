#include "pydeps/check/still_open.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "pydeps/check/findings.hpp"

namespace maintain::pydeps {
namespace {

bool is_about_releases(const Told& told) {
  return told.finding.code == "pydeps.outdated" || told.finding.code == "pydeps.security_release";
}

}  // namespace

std::string unnamed_environment(const Memory& before, const Gathered& gathered, const Options& options) {
  const auto holds = [](const std::vector<Environment>& environments, const std::string& path) {
    return std::any_of(environments.begin(), environments.end(),
                       [&](const Environment& environment) { return environment.path == path; });
  };
  const auto& read = gathered.inventory.environments;
  const auto is_away = [&](const Told& told) {
    return told.environment == before.unnamed && may_still_be(gathered, told.environment, told.given);
  };
  if (!before.unnamed.empty() &&
      (holds(read, before.unnamed) || std::any_of(before.told.begin(), before.told.end(), is_away)))
    return before.unnamed;
  const bool is_new = read.size() == 1 && !holds(before.environments, read.front().path);
  return is_new && !options.names_several() ? read.front().path : std::string();
}

void keep_what_is_not_over(const Memory& before, const Gathered& gathered, const Knowledge& knowledge,
                           Ignores& ignores, Assessment& now) {
  std::map<std::string, const Environment*> read;
  for (const Environment& environment : gathered.inventory.environments) read.emplace(environment.path, &environment);
  using Name = std::pair<std::string, std::string>;
  std::set<Name> told_now;
  std::set<Name> told_before;
  for (const Told& told : now.told) told_now.emplace(told.finding.code, told.finding.subject);
  for (const Told& told : before.told) told_before.emplace(told.finding.code, told.finding.subject);
  const auto is_record_broken = [&](const Told& told) {
    const auto unread = knowledge.unread_advisories.find({told.package, told.version});
    return std::any_of(told.advisories.begin(), told.advisories.end(), [&](const std::string& id) {
      return knowledge.broken_ids.contains(id) ||
             (unread != knowledge.unread_advisories.end() &&
              std::any_of(unread->second.begin(), unread->second.end(), [&](const auto& one) { return one.id == id; }));
    });
  };
  const auto is_ignored = [&](const Told& told) {
    return told.source == Source::advisories
               ? ignores.covers({told.package, told.version, told.advisories, true})  // else it were not told
               : ignores.covers_package(told.package, told.version);
  };
  const auto is_unknown = [&](const Told& told) {
    const auto environment = read.find(told.environment);
    if (environment == read.end()) return may_still_be(gathered, told.environment, told.given);
    const bool is_end = told.finding.code == "pydeps.end_of_life" && knowledge.lacks_end_of_life();
    if (told.package == "python") return is_end && told.version == environment->second->python_version;
    const auto& packages = environment->second->packages;
    const auto installed = std::find_if(packages.begin(), packages.end(),
                                        [&](const Package& package) { return package.key == told.package; });
    if (installed == packages.end()) return !told.package.empty() && is_incomplete(*environment->second);
    if (knowledge.not_asked.contains(told.package)) return told.source != Source::environment;
    const bool is_same = told.version == installed->version;
    if (is_same && (is_end || (is_about_releases(told) && knowledge.lacks_judgement(told.package)))) return true;
    if (told.source == Source::index) return knowledge.unanswered.contains(told.package);
    if (told.source != Source::advisories) return false;
    const auto& others = installed->other_versions;
    const bool is_there = is_same || std::find(others.begin(), others.end(), told.version) != others.end();
    return knowledge.unchecked.contains(told.package) || (is_there && is_record_broken(told));
  };
  std::vector<Told> open;
  for (const Told& told : before.told)
    if (told.source != Source::none && !told_now.contains({told.finding.code, told.finding.subject}) &&
        is_unknown(told) && !is_ignored(told))
      open.push_back(told);
  // What is said anew of the same vulnerability, or of a release that mends it, is not news.
  const auto is_known = [&](const Told& told) {
    const bool is_record = told.source == Source::advisories && told.severity.empty();
    if (!is_record && !is_about_releases(told)) return false;
    if (told_before.contains({told.finding.code, told.finding.subject})) return false;
    return std::any_of(open.begin(), open.end(), [&](const Told& one) {
      if (one.source != Source::advisories || one.package != told.package || one.environment != told.environment)
        return false;
      return !is_record || std::find(one.advisories.begin(), one.advisories.end(), told.advisories.front()) !=
                               one.advisories.end();
    });
  };
  std::erase_if(now.told, is_known);
  std::move(open.begin(), open.end(), std::back_inserter(now.told));
}

std::vector<Finding> findings_of_ignores(const Ignores& ignores, bool all_known, const Memory& before) {
  std::vector<Finding> findings;
  for (const Ignores::Outcome& outcome : ignores.outcomes())
    for (Finding& finding : ignore_findings({outcome})) {
      if (all_known || outcome.state != IgnoreState::unused) {
        findings.push_back(std::move(finding));
        continue;
      }
      const auto told = std::find_if(before.told.begin(), before.told.end(), [&](const Told& one) {
        const bool is_same = one.finding.code == finding.code ||
                             (outcome.entry->until_fixed && one.finding.code == "pydeps.ignore_expired");
        return is_same && one.finding.subject == finding.subject;
      });
      if (told != before.told.end()) findings.push_back(told->finding);
    }
  return findings;
}

std::vector<Finding> ages_of_before(const Memory& before, const Wanted& wanted, const Knowledge& knowledge) {
  const bool no_advisories =
      !wanted.versions.empty() && std::all_of(wanted.versions.begin(), wanted.versions.end(), [&](const auto& package) {
        return knowledge.unchecked.contains(package.first);
      });
  std::set<std::string> lacking;
  if (!wanted.projects.empty() && knowledge.projects.empty() && knowledge.unknown.empty()) lacking.insert("index age");
  if (no_advisories) lacking.insert("advisories age");
  if (knowledge.lacks_database()) lacking.insert("database age");
  if (knowledge.lacks_end_of_life()) lacking.insert("end of life age");
  std::vector<Finding> ages;
  for (const Told& told : before.told)
    if (told.finding.code == "pydeps.stale_data" && lacking.contains(told.finding.subject))
      ages.push_back(told.finding);
  return ages;
}

}  // namespace maintain::pydeps
