// Advisories in the OSV format (ossf.github.io/osv-schema, 1.6 and 1.7; older records parse as well). Pure: text ->
// values. A record that is none costs itself; a part of one that is wrong becomes a doubt, which goes along with what
// the rest of it says.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pydeps/base/bounded_json.hpp"

namespace maintain::pydeps {

struct Severity {
  std::string type = {};   // "CVSS_V3", "CVSS_V4", "CVSS_V2", or whatever a database says
  std::string score = {};  // a vector
};

struct RangeEvent {
  enum class Kind { introduced, fixed, last_affected, limit };
  Kind kind = Kind::introduced;
  std::string version = {};  // "0": before every version; of a limit also "*": without an end
};

// Of type ECOSYSTEM or SEMVER; both are compared as PEP 440 versions, for packages of PyPI have no others.
struct VersionRange {
  std::vector<RangeEvent> events = {};
};

// What the advisory says of one package of PyPI. The same name may come several times.
struct AffectedPackage {
  std::string name = {};  // normalised
  std::vector<VersionRange> ranges = {};
  std::vector<std::string> versions = {};
  std::vector<Severity> severities = {};
  std::string severity_word = {};
  std::vector<std::string> doubts = {};  // parts that were not understood: fit to show, without an end
};

struct Advisory {
  std::string id = {};
  std::vector<std::string> aliases = {};
  std::optional<std::chrono::sys_seconds> modified = {};
  bool withdrawn = false;
  std::string summary = {};  // fit to show, as details
  std::string details = {};  // cut to its first 4 KiB
  std::vector<Severity> severities = {};
  std::string severity_word = {};  // database_specific.severity
  std::vector<AffectedPackage> affected = {};  // of PyPI only
};

struct ParsedAdvisory {
  std::optional<Advisory> advisory = {};
  std::string problem = {};  // a sentence without its end, fit to show, when there is no advisory
};

// Bounds: 4 MiB of text, 1000 affected packages, 100 ranges of 1000 events, 20,000 versions. What is beyond a bound is
// a doubt or, for the text, the problem.
ParsedAdvisory parse_advisory(std::string_view text);
ParsedAdvisory advisory_from_json(const Json& record);

// Whether it may stand in a URL's path: letters, digits, and ".:_-+" behind the first character; at most 128.
bool is_advisory_id(std::string_view id);

inline constexpr std::size_t most_advisory_bytes = 4U << 20U;

}  // namespace maintain::pydeps
