// What package indexes and advisory databases know of the installed packages: each is asked once per run for all
// servers, through maintain.http/1. What cannot be had costs its package only.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <maintain/plugin.hpp>

#include "pydeps/advisory/osv.hpp"
#include "pydeps/check/gather.hpp"
#include "pydeps/check/options.hpp"
#include "pydeps/classify/end_of_life.hpp"
#include "pydeps/classify/release_database.hpp"
#include "pydeps/index/releases.hpp"

namespace maintain::pydeps {

using PackageAt = std::pair<std::string, std::string>;  // PEP 503's form of the name, and the version as installed

struct Wanted {
  std::set<std::string> projects = {};  // to look up on the index
  std::set<PackageAt> versions = {};    // to ask for advisories
  std::set<std::string> left_out = {};  // packages beyond most_asked
};
// Of each of the two. A server says what is installed, and must not make this one ask without end.
inline constexpr std::size_t most_asked = 20'000;

// An advisory that is known to concern a package, and no more than that.
struct UnreadAdvisory {
  std::string id;   // fit to show
  std::string why;
};

// Answers from the cache because the server could not be asked.
struct Stale {
  std::size_t answers = 0;
  sdk::Milliseconds age{0};  // of the oldest
};

struct Knowledge {
  std::map<std::string, ProjectReleases, std::less<>> projects = {};
  std::set<std::string, std::less<>> unknown = {};                   // the index has no such project
  std::map<std::string, std::string, std::less<>> unanswered = {};   // project -> why it is not known
  Stale stale_index = {};
  std::set<std::string> not_asked = {};  // packages about which not all was asked: there were too many

  std::map<std::string, std::vector<Advisory>, std::less<>> advisories = {};  // by package
  std::map<std::string, std::string, std::less<>> unchecked = {};    // package -> why there may be more
  // Those whose records could not be had or read, of package and version.
  std::map<PackageAt, std::vector<UnreadAdvisory>> unread_advisories = {};
  std::vector<std::string> broken_records = {};  // of an archive, whatever they are about: "ENTRY: why", fit to show
  std::set<std::string> broken_ids = {};         // by the names of their entries
  Stale stale_advisories = {};

  ReleaseDatabase database = {};
  Stale stale_database = {};
  std::string database_problem = {};  // why it is not there: fit to show
  // The options name a database, and nothing is known of what it says.
  bool lacks_database() const { return !database_problem.empty() || database.unreadable; }

  EndOfLifeTable end_of_life = bundled_end_of_life();  // renewed, when the options name a newer one
  bool end_of_life_is_old = false;                     // the one that they name is older, and does not count
  std::string end_of_life_problem = {};                // why it is not there: fit to show
  bool lacks_end_of_life() const { return !end_of_life_problem.empty(); }

  // Whether it is not known what is to be told of a package's newer releases.
  bool lacks_judgement(std::string_view package) const {
    return lacks_database() || (package == "django" && lacks_end_of_life());
  }
};

// gathered: its files. Throws Failure only when the task is cancelled or its time is up.
Knowledge consult(sdk::Context& context, const Options& options, const Wanted& wanted, const Gathered& gathered);

}  // namespace maintain::pydeps
