// The entries of site-packages directories, as inventory_script() tells them, and the packages they make. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pydeps/environment/inventory.hpp"

namespace maintain::pydeps {

// What was read of one *.dist-info, *.egg-info, *.egg or *.egg-link.
struct SiteEntry {
  std::string metadata = {};    // headers only
  std::string direct_url = {};
  std::string installer = {};
  std::string link = {};        // *.egg-link: the directory that is used in place
  bool requested = false;
  std::vector<std::string> not_read{};  // files of it, or "" for the whole
};

struct SitePackages {
  std::string python;  // "python3.11"
  std::map<std::string, SiteEntry, std::less<>> entries{};
};

// "python3.13t", "pypy3.9" -> "3.13", "3.9"; empty: something else. "3.11.2" -> "3.11".
std::string python_series(std::string_view text);

// Fills packages, problems and, when it is still empty, python_version. Of several directories those of another Python
// than the environment's are left out.
void add_packages(Environment& environment, const std::vector<SitePackages>& directories);

// No more than 200 per environment.
void add_problem(Environment& environment, Doubt doubt, std::string_view subject, std::string text);

}  // namespace maintain::pydeps
