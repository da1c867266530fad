#include "pydeps/version/version.hpp"

#include <algorithm>

namespace maintain::pydeps {
namespace {

// 0 before, 1 in place, 2 after whatever has the part: the keys by which PEP 440's order sorts what is not there.
int pre_rank(const Version& version) {
  if (version.pre) return 1;
  return version.dev && !version.post ? 0 : 2;  // 1.0.dev1 goes before 1.0a1
}

std::weak_ordering compare_releases(const Version& one, const Version& other) {
  const std::size_t length = std::max(one.release.size(), other.release.size());
  for (std::size_t place = 0; place < length; ++place)
    if (const auto order = one.release_at(place) <=> other.release_at(place); order != 0) return order;
  return std::weak_ordering::equivalent;
}

}  // namespace

Number::Number(std::string_view digits) {
  const std::size_t first = digits.find_first_not_of('0');
  if (first != std::string_view::npos) digits_ = digits.substr(first);
}

std::strong_ordering Number::operator<=>(const Number& other) const {
  if (const auto order = digits_.size() <=> other.digits_.size(); order != 0) return order;
  return digits_ <=> other.digits_;
}

std::strong_ordering LocalSegment::operator<=>(const LocalSegment& other) const {
  if (number.has_value() != other.number.has_value())
    return number ? std::strong_ordering::greater : std::strong_ordering::less;
  return number ? *number <=> *other.number : word <=> other.word;
}

Number Version::release_at(std::size_t place) const { return place < release.size() ? release[place] : Number(); }

std::weak_ordering Version::operator<=>(const Version& other) const {
  if (const auto order = epoch <=> other.epoch; order != 0) return order;
  if (const auto order = compare_releases(*this, other); order != 0) return order;
  if (const auto order = pre_rank(*this) <=> pre_rank(other); order != 0) return order;
  if (pre && other.pre)
    if (const auto order = *pre <=> *other.pre; order != 0) return order;
  if (const auto order = post <=> other.post; order != 0) return order;  // none goes before any
  if (dev.has_value() != other.dev.has_value()) return dev ? std::weak_ordering::less : std::weak_ordering::greater;
  if (const auto order = dev <=> other.dev; order != 0) return order;
  return local <=> other.local;
}

std::string Version::base_text() const {
  std::string text;
  if (!epoch.is_zero()) text += epoch.text() + "!";
  for (std::size_t place = 0; place < release.size(); ++place) {
    if (place > 0) text += '.';
    text += release[place].text();
  }
  return text;
}

std::string Version::public_text() const {
  std::string text = base_text();
  if (pre) {
    text += pre->kind == PreKind::alpha ? "a" : pre->kind == PreKind::beta ? "b" : "rc";
    text += pre->number.text();
  }
  if (post) text += ".post" + post->text();
  if (dev) text += ".dev" + dev->text();
  return text;
}

std::string Version::text() const {
  std::string text = public_text();
  for (std::size_t place = 0; place < local.size(); ++place) {
    text += place == 0 ? '+' : '.';
    text += local[place].number ? local[place].number->text() : local[place].word;
  }
  return text;
}

Version Version::base() const {
  Version version;
  version.epoch = epoch;
  version.release = release;
  return version;
}

Version Version::without_local() const {
  Version version = *this;
  version.local.clear();
  return version;
}

std::optional<std::strong_ordering> compare_versions(std::string_view one, std::string_view other) {
  const std::optional<Version> left = Version::parse(one);
  const std::optional<Version> right = Version::parse(other);
  if (!left || !right) return std::nullopt;
  if (*left == *right) return std::strong_ordering::equal;
  return *left < *right ? std::strong_ordering::less : std::strong_ordering::greater;
}

bool in_line(const Version& version, const Version& line) {
  if (version.epoch != line.epoch) return false;
  for (std::size_t place = 0; place < line.release.size(); ++place)
    if (version.release_at(place) != line.release[place]) return false;
  return true;
}

bool same_series(const Version& one, const Version& other) {
  return one.epoch == other.epoch && one.release_at(0) == other.release_at(0) &&
         one.release_at(1) == other.release_at(1);
}

}  // namespace maintain::pydeps
