// Any text is a version or none, a specifier or none; what is read keeps its order, its normal form and its promises.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pydeps/version/specifier.hpp"

using namespace maintain::pydeps;

namespace {

void demand(bool kept) {
  if (!kept) std::abort();
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

void check_version(const Version& version) {
  const auto again = Version::parse(version.text());
  demand(again && *again == version && again->text() == version.text());
  demand(in_line(version, version) && in_line(version, version.base()) && same_series(version, version.base()));
  demand(version.without_local() <= version);
  demand(version.is_prerelease() || version >= version.base());
}

void check_set(const SpecifierSet& set, const Version& version) {
  const bool taken = set.contains(version, Prereleases::taken);
  bool all = true;
  for (const Specifier& specifier : set.specifiers()) {
    const bool matches = specifier.matches(version);
    all = all && matches;
    Specifier other = specifier;
    if (specifier.op == Operator::equal) other.op = Operator::not_equal;
    if (specifier.op != other.op) demand(other.matches(version) != matches);
    if (specifier.op == Operator::compatible && matches) {
      other.op = Operator::at_least;
      demand(other.matches(version));
    }
  }
  demand(taken == all);
  demand(!set.contains(version, Prereleases::refused) || (taken && !version.is_prerelease()));
  demand(!set.contains(version) || taken);
}

}  // namespace

// Two lines are versions, the rest is a specifier set.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto one = Version::parse(take_line(text));
  const auto other = Version::parse(take_line(text));
  const auto set = SpecifierSet::parse(text);
  if (one) check_version(*one);
  if (one && other) {
    demand(((*one <=> *other) == 0) == (*one == *other));
    demand((*one < *other) == (*other > *one));
    demand(!in_line(*one, *other) || one->epoch == other->epoch);
  }
  if (one && set) check_set(*set, *one);
  if (other && set) check_set(*set, *other);
  return 0;
}
