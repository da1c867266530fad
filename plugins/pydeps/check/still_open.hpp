// What was told and is not over, though this run does not say it: its silence would pass for a recovery. Pure.
#pragma once

#include <string>
#include <vector>

#include "pydeps/check/assess.hpp"
#include "pydeps/check/memory.hpp"

namespace maintain::pydeps {

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

// An entry is known to be of no use, or no more until its fix, only when everything was looked at. Until then what was
// told of it stays.
std::vector<sdk::Finding> findings_of_ignores(const Ignores& ignores, bool all_known, const Memory& before);

// Ages that were told of data which are not there at all any more: they have not become newer.
std::vector<sdk::Finding> ages_of_before(const Memory& before, const Wanted& wanted, const Knowledge& knowledge);

}  // namespace maintain::pydeps
