// The base score of CVSS 3.0 and 3.1: section 7.1 of the specifications (8.1 of 3.0), whose weights are in section 7.4.
#include <algorithm>
#include <array>
#include <cmath>

#include "pydeps/advisory/cvss_vector.hpp"

namespace maintain::pydeps {
namespace {

constexpr std::array<CvssMetric, 22> metrics{{
    {"AV", "NALP", true}, {"AC", "LH", true},   {"PR", "NLH", true}, {"UI", "NR", true},  {"S", "UC", true},
    {"C", "HLN", true},   {"I", "HLN", true},   {"A", "HLN", true},  {"E", "XUPFH"},      {"RL", "XOTWU"},
    {"RC", "XURC"},       {"CR", "XLMH"},       {"IR", "XLMH"},      {"AR", "XLMH"},      {"MAV", "XNALP"},
    {"MAC", "XLH"},       {"MPR", "XNLH"},      {"MUI", "XNR"},      {"MS", "XUC"},       {"MC", "XHLN"},
    {"MI", "XHLN"},       {"MA", "XHLN"},
}};

double attack_vector(char value) {
  switch (value) {
    case 'N': return 0.85;
    case 'A': return 0.62;
    case 'L': return 0.55;
    default: return 0.2;
  }
}

double privileges_required(char value, bool changed) {
  if (value == 'N') return 0.85;
  if (value == 'L') return changed ? 0.68 : 0.62;
  return changed ? 0.5 : 0.27;
}

double impact_weight(char value) { return value == 'H' ? 0.56 : value == 'L' ? 0.22 : 0.0; }

// 3.1 defines rounding up in whole numbers (appendix A), so that the small errors of binary fractions do not make 4.1
// of what is 4.0 exactly. 3.0 says only "the smallest number to one decimal place that is not less": for it such
// errors, which are below 1e-12, are taken away.
int round_up(double score, Cvss3Minor minor) {
  if (minor == Cvss3Minor::v30) return static_cast<int>(std::ceil(score * 10 - 1e-9));
  const long hundred_thousandths = std::lround(score * 100'000);
  return static_cast<int>(hundred_thousandths / 10'000 + (hundred_thousandths % 10'000 == 0 ? 0 : 1));
}

}  // namespace

std::optional<int> cvss3_base_score(std::string_view text, Cvss3Minor minor) {
  const auto vector = CvssVector::parse(text, metrics);
  if (!vector) return std::nullopt;
  const bool changed = vector->value("S") == 'C';
  const double impact_base = 1 - (1 - impact_weight(vector->value("C"))) * (1 - impact_weight(vector->value("I"))) *
                                     (1 - impact_weight(vector->value("A")));
  const double impact = changed ? 7.52 * (impact_base - 0.029) - 3.25 * std::pow(impact_base - 0.02, 15)
                                : 6.42 * impact_base;
  if (impact <= 0) return 0;
  const double exploitability = 8.22 * attack_vector(vector->value("AV")) * (vector->value("AC") == 'L' ? 0.77 : 0.44) *
                                privileges_required(vector->value("PR"), changed) *
                                (vector->value("UI") == 'N' ? 0.85 : 0.62);
  return round_up(std::min((impact + exploitability) * (changed ? 1.08 : 1.0), 10.0), minor);
}

}  // namespace maintain::pydeps
