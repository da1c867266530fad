// What the advisories say of one installed package, one finding for each vulnerability: databases describe the same one
// under several ids. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pydeps/advisory/affects.hpp"
#include "pydeps/advisory/cvss.hpp"
#include "pydeps/advisory/osv.hpp"
#include "pydeps/base/version_order.hpp"

namespace maintain::pydeps {

struct Vulnerability {
  std::string id = {};                     // the first of ids
  std::vector<std::string> ids = {};       // all that the records and their aliases name, in the order of id_before()
  std::vector<std::string> records = {};   // those of ids that were read and speak of this package
  bool malicious = false;                  // the package itself is the attack (ids MAL-, of ossf/malicious-packages)
  Verdict verdict = Verdict::doubtful;     // never not_affected
  Rating rating = Rating::unknown;         // the highest of any record
  std::optional<int> score = {};           // in tenths, when the rating is from a vector
  std::string vector = {};                 // that vector
  std::string summary = {};                // one line, fit to show; may be empty
  std::vector<std::string> fixes = {};     // in the order of ordered_fixes(); of all records, without what one of them
                                           // says is affected as well
  std::vector<std::string> doubts = {};    // each with its record's id, fit to show
};

// The vulnerabilities that the version has or might have: malicious ones first (they have no severity mostly), then by
// rating, the highest first, then by id. Records are one
// vulnerability when an id or alias of one is an id or alias of the other, directly or over others (aliases are
// symmetric and transitive). Records that were withdrawn do not exist here; of two with one id the one modified later
// counts. Where records of one vulnerability disagree, the version counts as affected, and a doubt tells who says no.
std::vector<Vulnerability> vulnerabilities(std::string_view package, std::string_view version,
                                           const std::vector<Advisory>& advisories, const VersionOrder& order);

// Which id a person is shown, and which stands for the vulnerability when it is ignored or remembered: CVE first, for
// every database knows it; then GHSA, PYSEC, and the rest. Among equals by their text, with numbers as numbers.
bool id_before(std::string_view a, std::string_view b);

struct RatedSeverity {
  Rating rating = Rating::unknown;
  std::optional<int> score = {};
  std::string vector = {};
  std::string doubt = {};  // when something was said and nothing understood: fit to show
};

// Of one advisory for the package (normalised). What is said of the package goes before what is said of the whole;
// of several vectors the highest score counts (each is a measure of the same vulnerability, and the milder one must not
// hide the other); a word counts where there is no vector that is understood.
RatedSeverity severity_of(const Advisory& advisory, std::string_view package);

}  // namespace maintain::pydeps
