// The findings of pydeps.check: their codes, words and what to do. Pure; docs/pydeps.md lists the codes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "pydeps/advisory/merge.hpp"
#include "pydeps/check/consult.hpp"
#include "pydeps/check/gather.hpp"
#include "pydeps/check/ignores.hpp"
#include "pydeps/classify/end_of_life.hpp"
#include "pydeps/classify/proposals.hpp"
#include "pydeps/index/releases.hpp"

namespace maintain::pydeps {

using sdk::Finding;

// The package in its environment.
struct Place {
  const Package& package;
  std::string path;              // of the environment
  std::string environment = {};  // the same for the subject, or empty when it does not name it
};

// "django", "django in /srv/shop/env"; of at most 180 bytes, of a long path the end.
std::string subject_of(const std::string& what, const std::string& environment);
// "django CVE-2026-1234 in /srv/shop/env": the id is whole, at the cost of the path and then of the package's name.
std::string vulnerability_subject(const std::string& package, const std::string& id, const std::string& environment);

// Of a vulnerability's fixes, best first.
struct Remedies {
  std::vector<std::string> fixes = {};        // that can be installed
  std::vector<std::string> need_python = {};  // that could, were they for the environment's Python
};

// id: the one by which it is told.
Finding vulnerable_finding(const Place& place, const Vulnerability& vulnerability, const std::string& id,
                           const Remedies& remedies);
Finding unread_advisory_finding(const Place& place, const UnreadAdvisory& advisory);

// Newer releases, not empty. Security releases that no vulnerability names as its fix are a finding of their own,
// for they are not to wait a week.
Finding outdated_finding(const Place& place, const std::vector<Proposal>& releases,
                         const std::vector<Proposal>& need_python, const PackageReleases* database);
Finding security_release_finding(const Place& place, const std::vector<Proposal>& releases,
                                 const PackageReleases* database);

Finding yanked_finding(const Place& place, const Release& release);
Finding withdrawn_finding(const Place& place, const ProjectReleases& project);
Finding unknown_package_finding(const Place& place, const std::string& index);

// product: "Python", "Django". Nothing while there is time.
std::optional<Finding> end_of_life_finding(const std::string& product, const std::string& version,
                                           const EndOfLife& end, const std::string& path,
                                           const std::string& environment);

// What is doubtful about an environment's list of packages; nothing when it is sound.
std::optional<Finding> doubt_finding(const Environment& environment);
// What could not be looked at.
std::vector<Finding> absence_findings(const Gathered& gathered);

// What was not to be had, or only from before.
std::vector<Finding> stale_findings(const Knowledge& knowledge, const Options& options);

std::string date_text(std::chrono::sys_days day);  // "2026-04-10"

std::vector<Finding> ignore_findings(const std::vector<Ignores::Outcome>& outcomes);

// "1 package", "2 packages"
std::string counted(std::size_t count, std::string_view noun);

}  // namespace maintain::pydeps
