// What the task remembers: what it told, for when it cannot look again, and what was installed, for reports. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "pydeps/check/assess.hpp"

namespace maintain::pydeps {

struct Memory {
  sdk::Moment checked{};
  std::vector<Told> told = {};                 // the gravest first
  std::vector<Environment> environments = {};  // path, python_version, and of packages name, version and origin
  bool cut = false;                            // not all of it had its place
  std::string unnamed = {};                    // see unnamed_environment()
};

// Takes any document; what does not have the expected shape is dropped.
Memory memory_from_json(const sdk::Json& document);
// What `maintain pydeps report` reads, too (core/report/python_report.cpp): names are added, never changed.
// At most 250 KiB: of a larger one environments are left out first, then details, actions, fixes and vectors, then what
// was told last. "cut" says that something of the first or the last is missing.
//   {"checked": ms, "cut": bool, "unnamed": path,
//    "told": [{"state": 0-3, "code", "subject", "title", "detail", "action", "remind": ms, "source": "index",
//              "environment", "given" (when it is another path), "package", "advisories": [id], "version", and of
//              vulnerabilities, as far as they are known, "fixes": [version], "severity": "high", "score": tenths,
//              "vector"}],
//    "environments": [{"path", "python", "packages": [[name, version, "index"]]}]}
sdk::Json memory_to_json(const Memory& memory);

// Ids of the vulnerabilities that were told.
std::set<std::string> known_ids(const Memory& memory);

}  // namespace maintain::pydeps
