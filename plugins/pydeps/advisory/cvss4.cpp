// The score of CVSS 4.0: section 8.2 of the specification. Its steps are the comments below. All in whole numbers: what
// the interpolation gives is a sum of fractions with small denominators, so that halves are rounded as they are, not as
// binary fractions happen to show them.
#include <algorithm>

#include "pydeps/advisory/cvss_vector.hpp"

namespace maintain::pydeps {
namespace {

constexpr std::array<CvssMetric, 32> metrics{{
    {"AV", "NALP", true}, {"AC", "LH", true},   {"AT", "NP", true},  {"PR", "NLH", true}, {"UI", "NPA", true},
    {"VC", "HLN", true},  {"VI", "HLN", true},  {"VA", "HLN", true}, {"SC", "HLN", true}, {"SI", "HLN", true},
    {"SA", "HLN", true},  {"E", "XAPU"},        {"CR", "XHML"},      {"IR", "XHML"},      {"AR", "XHML"},
    {"MAV", "XNALP"},     {"MAC", "XLH"},       {"MAT", "XNP"},      {"MPR", "XNLH"},     {"MUI", "XNPA"},
    {"MVC", "XHLN"},      {"MVI", "XHLN"},      {"MVA", "XHLN"},     {"MSC", "XHLN"},     {"MSI", "XSHLN"},
    {"MSA", "XSHLN"},     {"S", "XNP"},         {"AU", "XNY"},       {"R", "XAUI"},       {"V", "XDC"},
    {"RE", "XLMH"},       {"U", "X", false, "Clear Green Amber Red"},
}};

// Each metric's severity as steps below the worst value. All in one order, as Profile has them.
constexpr std::array<std::string_view, 14> ordered_values{"NALP", "NLH", "NPA", "LH", "NP", "HLN", "HLN",
                                                          "HLN",  "HML", "HML", "HML", "SHLN", "SHLN", "SHLN"};
enum Position : std::size_t { AV, PR, UI, AC, AT, VC, VI, VA, CR, IR, AR, SC, SI, SA, positions };
using Profile = std::array<char, positions>;

int steps(std::size_t position, char value) { return static_cast<int>(ordered_values[position].find(value)); }

// A modified metric takes the place of its base metric; what is not defined counts as the worst.
char effective(const CvssVector& vector, std::string_view metric, std::string_view modified) {
  const char value = vector.value(modified);
  return value == 'X' ? vector.value(metric) : value;
}

char or_worst(char value, char worst) { return value == 'X' ? worst : value; }

Profile profile_of(const CvssVector& v) {
  return {effective(v, "AV", "MAV"),   effective(v, "PR", "MPR"),   effective(v, "UI", "MUI"),
          effective(v, "AC", "MAC"),   effective(v, "AT", "MAT"),   effective(v, "VC", "MVC"),
          effective(v, "VI", "MVI"),   effective(v, "VA", "MVA"),   or_worst(v.value("CR"), 'H'),
          or_worst(v.value("IR"), 'H'), or_worst(v.value("AR"), 'H'), effective(v, "SC", "MSC"),
          effective(v, "SI", "MSI"),   effective(v, "SA", "MSA")};
}

// Tables 24 to 29: which level of each equivalence class.
std::array<int, 6> macrovector(const Profile& p, char exploit_maturity) {
  const bool any_none = p[AV] == 'N' || p[PR] == 'N' || p[UI] == 'N';
  const bool all_none = p[AV] == 'N' && p[PR] == 'N' && p[UI] == 'N';
  const int eq1 = all_none ? 0 : any_none && p[AV] != 'P' ? 1 : 2;
  const int eq2 = p[AC] == 'L' && p[AT] == 'N' ? 0 : 1;
  const bool any_high = p[VC] == 'H' || p[VI] == 'H' || p[VA] == 'H';
  const int eq3 = p[VC] == 'H' && p[VI] == 'H' ? 0 : any_high ? 1 : 2;
  const bool subsequent_high = p[SC] == 'H' || p[SI] == 'H' || p[SA] == 'H';
  const int eq4 = p[SI] == 'S' || p[SA] == 'S' ? 0 : subsequent_high ? 1 : 2;
  const int eq5 = exploit_maturity == 'A' ? 0 : exploit_maturity == 'P' ? 1 : 2;
  const bool required = (p[CR] == 'H' && p[VC] == 'H') ||
                        (p[IR] == 'H' && p[VI] == 'H') || (p[AR] == 'H' && p[VA] == 'H');
  return {eq1, eq2, eq3, eq4, eq5, required ? 0 : 1};
}

// The worst vectors of a level of a class, from which distances are counted: words, of the metrics from `first` on.
struct Worst {
  std::size_t first;
  std::string_view vectors;
};

Worst worst_eq1(int level) {
  if (level == 0) return {AV, "NNN"};
  if (level == 1) return {AV, "ANN NLN NNP"};
  return {AV, "PNN ALP"};
}

Worst worst_eq2(int level) {
  if (level == 0) return {AC, "LN"};
  return {AC, "HN LP"};
}

Worst worst_eq3eq6(int eq3, int eq6) {  // EQ3 and EQ6 depend on each other, hence are one
  if (eq3 == 0 && eq6 == 0) return {VC, "HHHHHH"};
  if (eq3 == 0) return {VC, "HHLMMH HHHMMM"};
  if (eq3 == 1 && eq6 == 0) return {VC, "LHHHHH HLHHHH"};
  if (eq3 == 1) return {VC, "LHLHMH LHHHMM HLHMHM HLLMHH LLHHHM"};
  return {VC, "LLLHHH"};
}

Worst worst_eq4(int level) {
  if (level == 0) return {SC, "HSS"};
  if (level == 1) return {SC, "HHH"};
  return {SC, "LLL"};
}

// The steps from the first of the worst vectors that is nowhere milder than this one. A class's vectors are looked at
// by themselves: the specification combines the classes' worst vectors, and each combination holds class by class.
int distance(const Profile& profile, const Worst& worst) {
  for (std::string_view rest = worst.vectors; !rest.empty();) {
    const std::string_view vector = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(vector.size() + 1, rest.size()));
    int sum = 0;
    bool milder = false;
    for (std::size_t i = 0; i < vector.size(); ++i) {
      const int difference = steps(worst.first + i, profile[worst.first + i]) - steps(worst.first + i, vector[i]);
      milder = milder || difference < 0;
      sum += difference;
    }
    if (!milder) return sum;
  }
  return 0;
}

// How much the score falls to the next milder macrovector, in tenths; nothing when there is none.
std::optional<int> fall(const std::array<int, 6>& levels, int score, std::size_t which, std::size_t also = 6) {
  std::array<int, 6> next = levels;
  ++next[which];
  if (also < next.size()) ++next[also];
  const auto milder = cvss4_macrovector_score(next);
  if (!milder) return std::nullopt;
  return score - *milder;
}

std::optional<int> fall_eq3eq6(const std::array<int, 6>& levels, int score) {
  const int eq3 = levels[2];
  const int eq6 = levels[5];
  if (eq3 == 0 && eq6 == 0) return std::min(fall(levels, score, 5), fall(levels, score, 2));  // to the higher of both
  if (eq3 == 1 && eq6 == 0) return fall(levels, score, 5);
  if (eq3 < 2) return fall(levels, score, 2);
  return std::nullopt;
}

// Table 30: how many steps a level of a class has.
int depth_eq1(int level) { return level == 0 ? 1 : level == 1 ? 4 : 5; }
int depth_eq2(int level) { return level == 0 ? 1 : 2; }
int depth_eq3eq6(int eq3, int eq6) { return eq3 == 0 ? (eq6 == 0 ? 7 : 6) : eq3 == 1 ? 8 : 10; }
int depth_eq4(int level) { return level == 0 ? 6 : level == 1 ? 5 : 4; }

}  // namespace

std::optional<int> cvss4_score(std::string_view text) {
  const auto vector = CvssVector::parse(text, metrics);
  if (!vector) return std::nullopt;
  const Profile profile = profile_of(*vector);
  const auto no_impact = [&](Position p) { return profile[p] == 'N'; };
  if (no_impact(VC) && no_impact(VI) && no_impact(VA) && no_impact(SC) && no_impact(SI) && no_impact(SA)) return 0;

  const auto levels = macrovector(profile, or_worst(vector->value("E"), 'A'));
  const auto found = cvss4_macrovector_score(levels);
  if (!found) return std::nullopt;
  const int score = *found;

  // From the score of the macrovector, the mean is taken away of what the vector is milder than its worst ones, in each
  // class that has a next milder level. EQ5 has one value a level, so it counts, with nothing.
  constexpr int denominator = 840;  // a multiple of every depth
  int milder = 0;
  int classes = 0;
  const auto count = [&](std::optional<int> falls, int steps_taken, int depth) {
    if (!falls) return;
    ++classes;
    milder += *falls * steps_taken * (denominator / depth);
  };
  count(fall(levels, score, 0), distance(profile, worst_eq1(levels[0])), depth_eq1(levels[0]));
  count(fall(levels, score, 1), distance(profile, worst_eq2(levels[1])), depth_eq2(levels[1]));
  count(fall_eq3eq6(levels, score), distance(profile, worst_eq3eq6(levels[2], levels[5])),
        depth_eq3eq6(levels[2], levels[5]));
  count(fall(levels, score, 3), distance(profile, worst_eq4(levels[3])), depth_eq4(levels[3]));
  count(fall(levels, score, 4), 0, 1);
  if (classes == 0) return score;
  const int whole = denominator * classes;
  const int exact = score * whole - milder;               // the result, times whole
  return std::clamp((2 * exact + whole) / (2 * whole), 0, 100);  // halves go up
}

}  // namespace maintain::pydeps
