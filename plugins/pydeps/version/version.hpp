// Versions of Python packages: read, written and ordered as PEP 440 has it, numbers of any length included.
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maintain::pydeps {

// A whole number of any size, kept as its decimal digits: dates and hashes turn up as version numbers, and a number
// that a server made up must not wrap around.
class Number {
 public:
  Number() = default;                         // zero
  explicit Number(std::string_view digits);   // nothing but digits; none at all is zero
  const std::string& text() const { return digits_; }  // without leading zeros
  bool is_zero() const { return digits_ == "0"; }

  bool operator==(const Number&) const = default;
  std::strong_ordering operator<=>(const Number& other) const;

 private:
  std::string digits_ = "0";
};

enum class PreKind { alpha, beta, candidate };

struct PreRelease {
  PreKind kind = PreKind::alpha;
  Number number;

  bool operator==(const PreRelease&) const = default;
  std::strong_ordering operator<=>(const PreRelease&) const = default;
};

// One part of a local version: "ubuntu" or "2" in 1.0+ubuntu.2. Words go before numbers.
struct LocalSegment {
  std::optional<Number> number;
  std::string word;  // in lower case; empty for a number

  bool operator==(const LocalSegment&) const = default;
  std::strong_ordering operator<=>(const LocalSegment& other) const;
};

class Version {
 public:
  // Any spelling that PEP 440's appendix B takes: case, the v before it, white space around it, c, pre, alpha, rev and
  // their separators, 1.0-1 for 1.0.post1. Nothing when the text is no version. Linear in the text's length, which
  // bounds the result too: who takes texts from elsewhere says how long they may be.
  static std::optional<Version> parse(std::string_view text);

  // The normal form: 1.0-Alpha.1 reads 1.0a1. Zeros at the end of the release stay.
  std::string text() const;
  std::string base_text() const;    // epoch and release only
  std::string public_text() const;  // without the local part

  bool is_prerelease() const { return pre.has_value() || dev.has_value(); }
  bool is_postrelease() const { return post.has_value(); }

  Version base() const;
  Version without_local() const;

  // 1.0 and 1.0.0 are equivalent, though their texts differ.
  std::weak_ordering operator<=>(const Version& other) const;
  bool operator==(const Version& other) const { return (*this <=> other) == 0; }

  Number epoch;
  std::vector<Number> release;        // at least one
  std::optional<PreRelease> pre;
  std::optional<Number> post;
  std::optional<Number> dev;
  std::vector<LocalSegment> local;    // empty: not a local version

  // The number at this place of the release; zero beyond its end.
  Number release_at(std::size_t place) const;
};

// For who has texts only: nothing when one of them is no version. Equal means equivalent, as 1.0 and 1.0.0 are.
std::optional<std::strong_ordering> compare_versions(std::string_view one, std::string_view other);

// Whether a version is in the line that another one's epoch and release name: 1.11.3, 1.11rc1 and 1.11 are in 1.11, 1.1
// is not. What follows the release plays no part on either side.
bool in_line(const Version& version, const Version& line);

// Whether two versions agree in epoch and the first two numbers: 4.2.7 and 4.2.9 do, 17.0 and 17.1 do not.
bool same_series(const Version& one, const Version& other);

}  // namespace maintain::pydeps
