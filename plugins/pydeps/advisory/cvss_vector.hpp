// The metrics of a CVSS vector, and the formulas over them; cvss.hpp is what others use.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace maintain::pydeps {

// A metric as its specification lists it: values are the letters it can have, or words between blanks.
struct CvssMetric {
  std::string_view name;
  std::string_view values;  // of one letter each; empty: see words
  bool mandatory = false;
  std::string_view words = {};
};

// The chosen values by metric, as indexes into `metrics`' values; a metric that is left out is "X", not defined.
class CvssVector {
 public:
  // text: what stands behind the prefix "CVSS:3.1/". Nothing when a metric is unknown, has a value that it does not
  // have, is there twice, or is mandatory and missing.
  static std::optional<CvssVector> parse(std::string_view text, std::span<const CvssMetric> metrics);

  // 'X' when it is not given. For metrics of letters.
  char value(std::string_view metric) const;

 private:
  static constexpr std::size_t most_metrics = 40;
  std::span<const CvssMetric> metrics_;
  std::array<char, most_metrics> values_{};
};

enum class Cvss3Minor { v30, v31 };

// Without their prefixes. See cvss_score().
std::optional<int> cvss3_base_score(std::string_view text, Cvss3Minor minor);
std::optional<int> cvss4_score(std::string_view text);

// Of a macrovector of CVSS 4.0, in tenths: its digits are the levels of the equivalence classes EQ1 to EQ6. Nothing
// when there is none with these levels.
std::optional<int> cvss4_macrovector_score(const std::array<int, 6>& levels);

}  // namespace maintain::pydeps
