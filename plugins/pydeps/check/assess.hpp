// What is to be told of the installed packages: what is known, less what is ignored. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "pydeps/check/consult.hpp"
#include "pydeps/check/gather.hpp"
#include "pydeps/check/ignores.hpp"
#include "pydeps/check/options.hpp"

namespace maintain::pydeps {

// Whose answer a finding rests on: while that cannot be had, what it last gave rise to is not over.
enum class Source { environment, index, advisories, none };

struct Told {
  sdk::Finding finding;
  Source source = Source::none;
  std::string environment = {};            // its path
  std::string given = {};                  // the path that led to it
  std::string package = {};                // its key
  std::vector<std::string> advisories = {};  // all ids of the vulnerability
  std::string version = {};                // the installed one
  // Of vulnerabilities only, for reports that machines read.
  std::vector<std::string> fixes = {};     // that can be installed, best first
  std::string severity = {};               // a rating_name(), or "malicious"; empty: of a record that cannot be read
  std::optional<int> score = {};           // in tenths, when the rating is from a vector
  std::string vector = {};                 // that vector
};

struct EnvironmentSummary {
  std::string path;
  std::string python;   // empty: unknown
  std::size_t packages = 0;
  std::size_t vulnerable = 0;  // packages, as the rest; what is ignored does not count
  std::size_t ignored = 0;     // vulnerabilities
  std::size_t outdated = 0;
  std::size_t not_compared = 0;  // of directories and repositories, and without a version of PEP 440
};

struct Assessment {
  std::vector<Told> told = {};
  std::vector<EnvironmentSummary> environments = {};
};

// What of an installed package can be looked up. Directories, editable ones included, are the project's own, and
// nobody else is asked for their names; a repository's commit has no release to compare with, but maybe advisories.
bool is_on_index(const Package& package);
bool may_have_advisories(const Package& package);

// Packages that are ignored are not asked for on the index, but for fixes when vulnerabilities are excepted.
Wanted wanted_of(const std::vector<Environment>& environments, const Options& options, Ignores& ignores);

struct AssessmentQuery {
  const Gathered& gathered;
  const Knowledge& knowledge;
  const Options& options;
  std::chrono::sys_days today;
  std::set<std::string> known_ids = {};  // by which vulnerabilities were told before
  std::string unnamed = {};              // the environment that subjects do not name: see unnamed_environment()
};
Assessment assess(const AssessmentQuery& query, Ignores& ignores);

}  // namespace maintain::pydeps
