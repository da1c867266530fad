// Which releases of an installed package are worth telling, and what each is good for.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pydeps/classify/release_database.hpp"
#include "pydeps/version/version.hpp"

namespace maintain::pydeps {

// How much a project wants to hear; each tells what those before it do.
enum class ReportedTypes {
  security,
  bug,      // and bug fixes: the default, as in the earlier bot
  compat,   // and releases that make room for a new Python, Django and so on
  feature,  // and everything else
  all,      // the same as feature
};

std::optional<ReportedTypes> parse_reported_types(std::string_view word);
bool is_told(ReportedTypes types, ReleaseKind kind);
std::string_view kind_text(ReleaseKind kind);  // "security", "bug fix", "compatibility", "feature"

// What the index says of one release.
struct AvailableRelease {
  std::string version;              // of any form: what is no version is counted and left out
  bool yanked = false;              // PEP 592
  bool without_files = false;       // listed, and not to be had
  std::string requires_python = {}; // specifiers; what is none asks for nothing, as with pip
};

// Every release suits a Python that is not known.
bool suits_python(const std::string& requires_python, const std::optional<Version>& python);

struct ReleaseQuery {
  Version installed;
  std::vector<AvailableRelease> available = {};
  const PackageReleases* releases = nullptr;   // the package's entry in the release database, if any
  std::set<Version> fixes = {};                // releases that fix an advisory which concerns the installed one
  ReportedTypes types = ReportedTypes::bug;
  std::optional<Version> python = std::nullopt;  // of the environment; unknown: every release suits it
  bool lts_is_over = false;                    // the installed line's end of life has passed: hear about the others
};

struct Proposal {
  Version version;
  ReleaseKind kind = ReleaseKind::feature;
  bool from_database = false;  // the team said so; else it follows from the data
};

struct Proposals {
  std::vector<Proposal> releases;       // to tell, oldest first
  std::vector<Proposal> need_python;    // the same, were they for the environment's Python
  std::optional<Version> lts_line;      // the installed version is on it, and the other lines are not told
  std::size_t unreadable = 0;           // available releases whose version is none by PEP 440
};

// Newer releases only, each once. Never told: yanked and ignored ones, and those without files; pre-releases, unless
// the installed version is one; with an LTS line installed, what is not on it. The kind is the release database's, and
// where that is silent: security when it fixes an advisory, a bug fix in the series of the installed version (4.2.x for
// 4.2.7), else a feature.
Proposals propose_releases(const ReleaseQuery& query);

}  // namespace maintain::pydeps
