// Which versions a requirement takes: PEP 440's version specifiers, with the answers of Python's `packaging`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pydeps/version/version.hpp"

namespace maintain::pydeps {

enum class Operator { compatible, equal, not_equal, at_most, at_least, below, above, identical };

// One clause, such as `>=1.2` or `!=2.0.*`.
struct Specifier {
  Operator op = Operator::equal;
  Version version;          // of `===` only when its text is a version
  bool prefix = false;      // `==1.2.*`, `!=1.2.*`
  std::string raw;          // what follows `===`, in lower case: it is compared as text

  // Nothing when it is no specifier. A local version stands with == and != only, .* likewise; ~= needs two numbers.
  static std::optional<Specifier> parse(std::string_view text);

  // By the operator alone, whatever is thought of pre-releases.
  bool matches(const Version& candidate) const;

  // Whether it names a pre-release itself, in a way that includes it: `>=2.0rc1` does, `!=2.0rc1` and `<2.0rc1` do not.
  bool asks_for_prereleases() const;
};

enum class Prereleases { as_asked, taken, refused };  // as_asked: taken when one of the specifiers asks for them

// Clauses between commas; all of them must match. The empty set takes every version that is no pre-release.
class SpecifierSet {
 public:
  // Nothing when one clause is no specifier. Empty clauses (`>=1,`) are read over.
  static std::optional<SpecifierSet> parse(std::string_view text);

  bool contains(const Version& candidate, Prereleases prereleases = Prereleases::as_asked) const;
  bool asks_for_prereleases() const;
  const std::vector<Specifier>& specifiers() const { return specifiers_; }

 private:
  std::vector<Specifier> specifiers_;
};

}  // namespace maintain::pydeps
