#include "pydeps/version/specifier.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace maintain::pydeps {
namespace {

// Longer ones first: each begins with what a shorter one is.
constexpr std::array<std::pair<std::string_view, Operator>, 8> operators = {{
    {"===", Operator::identical}, {"~=", Operator::compatible}, {"==", Operator::equal}, {"!=", Operator::not_equal},
    {"<=", Operator::at_most}, {">=", Operator::at_least}, {"<", Operator::below}, {">", Operator::above}}};

constexpr std::string_view white_space = " \t\n\r\f\v";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(white_space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white_space) + 1 - first);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

bool is_bare_release(const Version& version) {
  return !version.pre && !version.post && !version.dev && version.local.empty();
}

// `===` takes any word: what comes after it is not a version in general. A semicolon and a closing parenthesis would
// end the specifier in a requirement.
std::optional<Specifier> parse_identical(std::string_view text) {
  const bool one_word = text.find_first_of(" \t\n\r\f\v;)") == std::string_view::npos;
  if (!one_word) return std::nullopt;
  Specifier specifier{.op = Operator::identical, .version = {}, .prefix = false, .raw = lower_case(text)};
  specifier.version = Version::parse(text).value_or(Version{});
  return specifier;
}

bool equal(const Specifier& specifier, const Version& candidate) {
  if (specifier.prefix) return in_line(candidate, specifier.version);
  if (specifier.version.local.empty()) return candidate.without_local() == specifier.version;
  return candidate == specifier.version;
}

// `~=2.2.1` is `>=2.2.1, ==2.2.*`, whatever suffix it has.
bool compatible(const Specifier& specifier, const Version& candidate) {
  if (candidate.without_local() < specifier.version) return false;
  Version line = specifier.version.base();
  line.release.pop_back();
  return in_line(candidate, line);
}

// `<3.1` does not mean 3.1rc1, unless it names a pre-release itself.
bool below(const Specifier& specifier, const Version& candidate) {
  if (!(candidate < specifier.version)) return false;
  if (specifier.version.is_prerelease() || !candidate.is_prerelease()) return true;
  return candidate.base() != specifier.version.base();
}

// `>3.1` means neither 3.1.post1, unless it names a post-release itself, nor 3.1+local.
bool above(const Specifier& specifier, const Version& candidate) {
  if (!(candidate > specifier.version)) return false;
  const bool same_base = candidate.base() == specifier.version.base();
  if (candidate.is_postrelease() && !specifier.version.is_postrelease() && same_base) return false;
  return candidate.local.empty() || !same_base;
}

}  // namespace

std::optional<Specifier> Specifier::parse(std::string_view text) {
  text = trim(text);
  const auto found = std::find_if(operators.begin(), operators.end(),
                                  [&](const auto& entry) { return text.starts_with(entry.first); });
  if (found == operators.end()) return std::nullopt;
  const Operator op = found->second;
  text = trim(text.substr(found->first.size()));
  if (op == Operator::identical) return parse_identical(text);
  const bool is_equality = op == Operator::equal || op == Operator::not_equal;
  const bool prefix = is_equality && text.ends_with(".*");
  if (prefix) text.remove_suffix(2);
  if (text != trim(text)) return std::nullopt;  // 1.0 .*
  std::optional<Version> version = Version::parse(text);
  if (!version || (!is_equality && !version->local.empty())) return std::nullopt;
  if (prefix && !is_bare_release(*version)) return std::nullopt;
  if (op == Operator::compatible && version->release.size() < 2) return std::nullopt;
  return Specifier{.op = op, .version = *std::move(version), .prefix = prefix, .raw = {}};
}

bool Specifier::matches(const Version& candidate) const {
  switch (op) {
    case Operator::compatible: return compatible(*this, candidate);
    case Operator::equal: return equal(*this, candidate);
    case Operator::not_equal: return !equal(*this, candidate);
    case Operator::at_most: return candidate.without_local() <= version;
    case Operator::at_least: return candidate.without_local() >= version;
    case Operator::below: return below(*this, candidate);
    case Operator::above: return above(*this, candidate);
    case Operator::identical: return candidate.text() == raw;
  }
  return false;
}

bool Specifier::asks_for_prereleases() const {
  return op != Operator::not_equal && op != Operator::below && op != Operator::above && version.is_prerelease();
}

std::optional<SpecifierSet> SpecifierSet::parse(std::string_view text) {
  SpecifierSet set;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view clause = text.substr(0, comma);
    if (!trim(clause).empty()) {
      std::optional<Specifier> specifier = Specifier::parse(clause);
      if (!specifier) return std::nullopt;
      set.specifiers_.push_back(*std::move(specifier));
    }
    if (comma == std::string_view::npos) return set;
    text.remove_prefix(comma + 1);
  }
}

bool SpecifierSet::asks_for_prereleases() const {
  return std::any_of(specifiers_.begin(), specifiers_.end(),
                     [](const Specifier& specifier) { return specifier.asks_for_prereleases(); });
}

bool SpecifierSet::contains(const Version& candidate, Prereleases prereleases) const {
  const bool taken = prereleases == Prereleases::taken ||
                     (prereleases == Prereleases::as_asked && asks_for_prereleases());
  if (candidate.is_prerelease() && !taken) return false;
  return std::all_of(specifiers_.begin(), specifiers_.end(),
                     [&](const Specifier& specifier) { return specifier.matches(candidate); });
}

}  // namespace maintain::pydeps
