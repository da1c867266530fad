// Whether an advisory affects a version, and which versions are free of it: the evaluation of the OSV format
// ("Evaluation" in ossf.github.io/osv-schema), and what it leaves open said as a doubt. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pydeps/advisory/osv.hpp"
#include "pydeps/base/version_order.hpp"

namespace maintain::pydeps {

// doubtful: by what is understood the version is not affected; something that is not understood could say otherwise.
enum class Verdict { not_affected, doubtful, affected };

struct Evaluation {
  Verdict verdict = Verdict::not_affected;
  std::vector<std::string> doubts = {};  // why it is doubtful, or what is odd about what affects it: fit to show
  std::vector<std::string> fixes = {};   // versions that the advisory calls fixed, later than this one and not affected
                                         // themselves; in the order of ordered_fixes(). Only unless not affected
};

// package: any spelling. version: its local label ("+cu118") does not count, as in specifiers of PEP 440. An
// entry of `versions` affects the version that it equals as text or by the order. In ranges, events are taken in the
// order of their versions, as the algorithm wants, and these are doubts:
//   - a version that is none of PEP 440, on either side: an `introduced` like that might be before the version asked
//     for; with a `fixed` like that, the version counts as affected;
//   - a `fixed` or `last_affected` that ends nothing, because no `introduced` is before it or another end is: versions
//     before it, back to the event before, are in doubt. A range with `fixed` before `introduced` is such, and so is
//     one without `introduced`, and one that lists the fixes of several series without saying where each begins;
//   - a package that has neither versions nor a range of versions, and parts of the record that are not understood.
// A doubt that cannot change the answer is not told.
Evaluation evaluate(const Advisory& advisory, std::string_view package, std::string_view version,
                    const VersionOrder& order);

// Without those that are no versions or not later than the installed one, each once (by the order): the smallest first
// of those with the same major and minor number, then of those with the same major number, then of the rest. So the
// first is the one that changes least.
std::vector<std::string> ordered_fixes(std::vector<std::string> fixes, std::string_view installed,
                                       const VersionOrder& order);

}  // namespace maintain::pydeps
