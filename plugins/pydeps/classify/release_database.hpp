// The package release database that a team keeps: what each release of a package is good for. The format is that of the
// earlier bot's out-of-date check, and its files are read as they are:
//
//   Django:
//     changelog_url: 'https://docs.djangoproject.com/en/4.2/releases/'
//     security_releases: [4.2.8, 5.0.1]
//     bug_fix_releases: [4.2.7]
//     compatibility_releases: []
//     feature_releases: [5.0]
//     ignored_releases: []
//     lts_releases: [4.2.]
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pydeps/version/version.hpp"

namespace maintain::pydeps {

enum class ReleaseKind { security, bug_fix, compatibility, feature };  // the most urgent first

struct PackageReleases {
  std::map<Version, ReleaseKind> kinds;  // 2.0 stands for 2.0.0, too. Listed twice: the more urgent kind
  std::set<Version> ignored;             // not told, whatever else they are
  std::vector<Version> lts_lines;        // "4.2." as the release 4.2; 4.2 itself belongs to it
  std::string changelog_url;             // http or https, printable ASCII; else empty
};

struct DatabaseProblem {
  int line = 0;  // 0: the file as a whole
  std::string message;
};

struct ReleaseDatabase {
  std::map<std::string, PackageReleases, std::less<>> packages;  // by PEP 503's normal form of their names
  std::vector<DatabaseProblem> problems;                         // the first of them
  std::size_t more_problems = 0;                                 // how many were left out
  bool unreadable = false;                                       // it names no package; `problems` says why

  // nullptr: it says nothing about the package. Any spelling of the name.
  const PackageReleases* find(std::string_view package) const;
};

// What is wrong costs itself: a version its place in a list, an entry its package; only what is no YAML, or not within
// bounds (1 MiB), costs everything, and then `problems` says so. Never throws.
ReleaseDatabase parse_release_database(std::string_view yaml);

}  // namespace maintain::pydeps
