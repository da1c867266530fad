#include "common/duration.hpp"

#include <array>

namespace maintain::plugins {
namespace {

using std::chrono::seconds;

struct Scale {
  char letter;
  const char* word;
  long long length;  // in seconds
};
constexpr std::array scales{Scale{'w', "week", 604800}, Scale{'d', "day", 86400}, Scale{'h', "hour", 3600},
                            Scale{'m', "minute", 60}, Scale{'s', "second", 1}};
constexpr long long longest = 10LL * 366 * 86400;

long long whole_seconds(std::chrono::milliseconds span) {
  return span.count() < 0 ? 0 : std::chrono::duration_cast<seconds>(span).count();
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  long long total = 0, number = 0;
  bool digits = false;
  if (text.empty()) return std::nullopt;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      number = number * 10 + (c - '0');
      digits = true;
      if (number > longest) return std::nullopt;
      continue;
    }
    const Scale* found = nullptr;
    for (const Scale& scale : scales)
      if (scale.letter == c) found = &scale;
    if (found == nullptr || !digits) return std::nullopt;
    total += number * found->length;
    if (total > longest) return std::nullopt;
    number = 0;
    digits = false;
  }
  if (digits) return std::nullopt;
  return seconds(total);
}

std::string age_text(std::chrono::milliseconds span) {
  const long long whole = whole_seconds(span);
  for (const Scale& scale : scales) {
    // Days, never weeks: "12 days" says more than "1 week".
    const long long count = whole / scale.length;
    if (scale.letter == 'w' || (count == 0 && scale.letter != 's')) continue;
    return std::to_string(count) + " " + scale.word + (count == 1 ? "" : "s");
  }
  return "0 seconds";
}

std::string span_text(std::chrono::milliseconds span) {
  const long long whole = whole_seconds(span);
  for (std::size_t i = 1; i + 1 < scales.size(); ++i) {
    const Scale& major = scales[i];
    const Scale& minor = scales[i + 1];
    if (whole < major.length) continue;
    std::string text = std::to_string(whole / major.length) + major.letter;
    if (const long long rest = whole % major.length / minor.length; rest > 0)
      text += " " + std::to_string(rest) + minor.letter;
    return text;
  }
  return std::to_string(whole) + "s";
}

}  // namespace maintain::plugins
