// PEP 440, appendix B: the regular expression there, by hand. Each part takes as much as it can, and no text needs
// going back: what a shorter part would leave over is read no better by the parts that follow.
#include <algorithm>
#include <array>
#include <utility>

#include "pydeps/version/version.hpp"

namespace maintain::pydeps {
namespace {

constexpr std::string_view white_space = " \t\n\r\f\v";  // PEP 440, "Leading and Trailing Whitespace"

// Longer spellings stand before those that they begin with.
using Spelling = std::pair<std::string_view, PreKind>;
constexpr std::array<Spelling, 8> pre_spellings = {{
    {"alpha", PreKind::alpha}, {"a", PreKind::alpha}, {"beta", PreKind::beta}, {"b", PreKind::beta},
    {"preview", PreKind::candidate}, {"pre", PreKind::candidate}, {"rc", PreKind::candidate},
    {"c", PreKind::candidate}}};
constexpr std::array<std::string_view, 3> post_spellings = {"post", "rev", "r"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z'); }
bool is_separator(char c) { return c == '-' || c == '_' || c == '.'; }

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<Version> read() {
    take("v");
    if (!read_release()) return std::nullopt;
    read_pre();
    read_post();
    if (take_word("dev")) version_.dev = number_after_word();
    if (take("+") && !read_local()) return std::nullopt;
    if (at_ != text_.size()) return std::nullopt;
    return std::move(version_);
  }

 private:
  bool take(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }

  bool digit_at(std::size_t place) const { return place < text_.size() && is_digit(text_[place]); }

  std::string_view digits() {
    const std::size_t start = at_;
    while (digit_at(at_)) ++at_;
    return text_.substr(start, at_ - start);
  }

  // A word with or without a separator before it.
  bool take_word(std::string_view word) {
    const std::size_t start = at_;
    if (at_ < text_.size() && is_separator(text_[at_])) ++at_;
    if (take(word)) return true;
    at_ = start;
    return false;
  }

  // The number is optional, and so is the separator before it, even where no number follows: 1.0a. is 1.0a0.
  Number number_after_word() {
    if (at_ < text_.size() && is_separator(text_[at_])) ++at_;
    return Number(digits());
  }

  bool read_release() {
    std::string_view first = digits();
    if (first.empty()) return false;
    if (take("!")) {
      version_.epoch = Number(first);
      first = digits();
      if (first.empty()) return false;
    }
    version_.release.emplace_back(first);
    while (at_ < text_.size() && text_[at_] == '.' && digit_at(at_ + 1)) {
      ++at_;
      version_.release.emplace_back(digits());
    }
    return true;
  }

  void read_pre() {
    for (const auto& [spelling, kind] : pre_spellings) {
      if (!take_word(spelling)) continue;
      version_.pre = PreRelease{kind, number_after_word()};
      return;
    }
  }

  void read_post() {
    if (at_ < text_.size() && text_[at_] == '-' && digit_at(at_ + 1)) {  // 1.0-1
      ++at_;
      version_.post = Number(digits());
      return;
    }
    for (const std::string_view spelling : post_spellings) {
      if (!take_word(spelling)) continue;
      version_.post = number_after_word();
      return;
    }
  }

  bool read_local() {
    while (true) {
      const std::size_t start = at_;
      while (at_ < text_.size() && is_word(text_[at_])) ++at_;
      const std::string_view segment = text_.substr(start, at_ - start);
      if (segment.empty()) return false;
      LocalSegment& added = version_.local.emplace_back();
      if (std::all_of(segment.begin(), segment.end(), is_digit)) added.number = Number(segment);
      else added.word = segment;
      if (at_ == text_.size() || !is_separator(text_[at_])) return true;
      ++at_;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Version version_;
};

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
  const std::size_t first = text.find_first_not_of(white_space);
  if (first == std::string_view::npos) return std::nullopt;
  std::string lower(text.substr(first, text.find_last_not_of(white_space) + 1 - first));
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return Reader(lower).read();
}

}  // namespace maintain::pydeps
