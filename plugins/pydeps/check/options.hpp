// The options of pydeps.check as manifest.json describes them; the defaults are the same.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <maintain/plugin.hpp>

#include "pydeps/check/ignores.hpp"
#include "pydeps/classify/proposals.hpp"

namespace maintain::pydeps {

struct Options {
  std::vector<std::string> virtualenvs = {};  // paths and shell patterns
  bool discover = false;
  std::vector<std::string> freeze = {};
  std::string list_command = {};
  std::string user = {};                      // who reads; empty: the login user
  std::string index = "https://pypi.org/simple/";  // ends in "/"; empty: none is asked
  bool vulnerabilities = true;
  std::string osv = "https://api.osv.dev";         // does not
  std::string osv_archive = {};
  std::string database_url = {};
  std::string database_file = {};             // on the server
  std::string end_of_life_url = {};           // of a table that replaces the bundled one
  std::string end_of_life_file = {};          // on the server
  ReportedTypes types = ReportedTypes::bug;
  std::vector<IgnoreEntry> ignores = {};      // those of the file first, in its order

  // Whether there may be several environments: by what is written, not by what was found.
  bool names_several() const;
};

// Throws sdk::InvalidOption.
Options read_options(const sdk::Json& json);

}  // namespace maintain::pydeps
