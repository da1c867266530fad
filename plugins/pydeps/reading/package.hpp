// An installed Python package, however it became known: from an environment's files, or from lines of pip freeze.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace maintain::pydeps {

// Where it was installed from. What does not come from an index has a version that says little: two commits of a
// repository, or two states of a directory, may both call themselves 1.0.
enum class Origin {
  index,    // by name and version
  vcs,      // a repository, at a commit
  local,    // a directory
  archive,  // a file at a URL or on the disk
  editable  // a directory that is used in place, whatever it holds today
};

// "index", "vcs" and so on, as in reports.
constexpr std::string_view origin_name(Origin origin) {
  switch (origin) {
    case Origin::index: return "index";
    case Origin::vcs: return "vcs";
    case Origin::local: return "local";
    case Origin::archive: return "archive";
    case Origin::editable: return "editable";
  }
  return "index";
}

// All texts are bounded and printable.
struct Package {
  std::string name;                  // as its author writes it, a valid name (package_name.hpp)
  std::string key = {};              // the same, normalised: what packages are compared by
  std::string version = {};          // as written, without blanks; empty: nobody says
  std::string installer = {};        // "pip", "uv"; empty: nobody says
  bool requested = false;            // asked for by name, not only because another package needs it
  Origin origin = Origin::index;
  std::string url = {};              // of what is not from an index, without credentials
  std::string commit = {};           // vcs only
  std::string requires_python = {};  // the specifiers, as written
  std::vector<std::string> other_versions = {};  // also recorded, and maybe what is imported; each once, at most 10
};

// No effect when the version is empty, or known already.
inline void add_other_version(Package& package, const std::string& version) {
  auto& others = package.other_versions;
  if (version.empty() || version == package.version || others.size() >= 10) return;
  if (std::find(others.begin(), others.end(), version) == others.end()) others.push_back(version);
}

}  // namespace maintain::pydeps
