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

// The environment that findings' subjects do not name: a task's only one. When others join it, it stays so, and one
// that was named once remains named, for a finding whose subject changes passes for mended and new. Empty: none.
std::string unnamed_environment(const Memory& before, const Gathered& gathered, const Options& options);

// Adds what was told before and cannot be judged anew, since its environment could not be read or nobody could be asked
// about its package, or the record of the vulnerability cannot be read: it is to be told again, or its silence would
// pass for a recovery. The same goes for newer releases while the team's database cannot be had, but not for what is
// ignored. A release that fixes such a vulnerability is no news then, though without advisories it passes for any
// release.
void keep_what_is_not_over(const Memory& before, const Gathered& gathered, const Knowledge& knowledge, Ignores& ignores,
                           Assessment& now);

}  // namespace maintain::pydeps
