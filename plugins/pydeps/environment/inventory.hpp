// What inventory_script() found out about a server's Python environments, as values. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pydeps/reading/package.hpp"

namespace maintain::pydeps {

// What makes an environment's list of packages doubtful, or incomplete.
enum class Doubt {
  duplicate,     // a package is recorded twice: which of them is imported is chance
  guessed,       // name and version are only those of the directory's name, or one of several that a list offers
  unreadable,    // something was not read: no permission, a symbolic link, too large, or nonsense
  leftover,      // pip was interrupted and left the package's remains ("~ame-1.0.dist-info")
  other_python,  // packages of a Python that the environment does not use (any more)
  incomplete     // the answer was cut off
};

struct Problem {
  Doubt doubt;
  std::string subject;  // the package, the entry of site-packages or the file
  std::string text;     // one sentence
};

struct Environment {
  std::string path;                     // without links
  std::string given = {};               // the path that led to it
  std::vector<std::string> found_by{};  // how it was discovered: "service shop.service", "process"; empty: it was not
  std::string python_version = {};      // "3.11.2", or "3.11" where only directories say it; empty: unknown
  bool system_site_packages = false;    // the system's packages can be imported, too; they are not listed here
  std::vector<Package> packages{};      // by key, each key once
  std::vector<Problem> problems{};
};

// Why nothing was read at a path or pattern that was asked for.
enum class Absence {
  missing,
  denied,         // it, or what is above it, may not be looked at by this user
  partly_denied,  // a pattern that has matches, beside places that may not be looked at
  unmatched,      // a pattern that matches no environment
  no_environment,
  relative,       // only absolute paths are taken
  odd_name        // control characters in it
};
struct Absent {
  Absence why;
  std::string path;
};

// What something that runs seems to use, but could not be looked at.
struct Hidden {
  std::string path;
  std::string by;  // as in Environment::found_by
};

// All texts are printable UTF-8 without control characters.
struct Inventory {
  std::vector<Environment> environments{};  // each path once
  std::vector<Absent> absent{};
  std::vector<Hidden> hidden{};
  std::size_t left_out = 0;  // environments beyond most_environments
  bool whole = false;        // the script came to its end, and nothing was cut off
};

// Any output. Packages of one key: a *.dist-info goes before an *.egg-info, that before an *.egg or *.egg-link; else
// the first by name. A package whose metadata is missing gets name and version from its directory.
Inventory parse_inventory(std::string_view output);

}  // namespace maintain::pydeps
