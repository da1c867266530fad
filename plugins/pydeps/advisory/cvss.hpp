// How severe a vulnerability is: scores of the Common Vulnerability Scoring System from their vectors, and ratings.
// Specifications: FIRST, "CVSS v3.0", "CVSS v3.1" and "CVSS v4.0: Specification Document". Pure.
#pragma once

#include <optional>
#include <string_view>

namespace maintain::pydeps {

// The qualitative scale, which is the same in 3.0, 3.1 (section 5) and 4.0 (section 6). unknown: nobody said, or what
// was said is not understood; it is no mildness, and orders first only so that any other rating wins over it.
enum class Rating { unknown, none, low, medium, high, critical };

// In tenths: 98 is 9.8. Nothing when the text is no complete vector of 3.0, 3.1 or 4.0 (2.0 is not read).
//   3.x: the base score; temporal and environmental metrics must be well-formed, and do not count.
//   4.0: the score of all that the vector has: threat and environmental metrics count where they are given, as the
//        specification wants it. A vector of base metrics gives the base score.
// The order of metrics does not matter (4.0 prescribes one, databases do not all keep it); one given twice does.
std::optional<int> cvss_score(std::string_view vector);

Rating rating_of(int tenths);

// What databases say in a word (database_specific.severity): NONE, LOW, MODERATE or MEDIUM, HIGH, CRITICAL; any case.
Rating rating_from_word(std::string_view word);

// "unknown", "none", "low", "medium", "high" or "critical".
std::string_view rating_name(Rating rating);

}  // namespace maintain::pydeps
