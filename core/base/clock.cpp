#include "base/clock.hpp"

#include <cctype>
#include <cstdint>
#include <ctime>
#include <limits>

#include <fmt/format.h>

namespace maintain {

std::string format_time(Time time) {
  // Not by system_clock::to_time_t, which counts nanoseconds and overflows in the year 2262.
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec);
}

Result<Time> parse_time(const std::string& text) {
  using namespace std::chrono;
  const auto wrong = [&] {
    return fail(ErrorKind::configuration, fmt::format("'{}' is not a time", text),
                "write it in UTC like 2026-11-22T13:03:41Z");
  };
  const std::string shape = "dddd-dd-ddTdd:dd:ddZ";
  if (text.size() != shape.size()) return wrong();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == 'd' ? !digit : text[i] != shape[i]) return wrong();
  }
  const auto number = [&](std::size_t at, std::size_t digits) { return std::stoi(text.substr(at, digits)); };
  const year_month_day date{year{number(0, 4)}, month{static_cast<unsigned>(number(5, 2))},
                            day{static_cast<unsigned>(number(8, 2))}};
  const int hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return wrong();
  return Time{sys_days{date} + hours{hour} + minutes{minute} + seconds{second}};
}

Result<Seconds> parse_duration(const std::string& text) {
  constexpr std::int64_t longest = std::int64_t{100} * 366 * 86400;
  const auto wrong = [&] {
    return fail(ErrorKind::configuration, fmt::format("'{}' is not a duration", text),
                "write a number with a unit: 90s, 30m, 36h, 7d, 2w, or 1h30m");
  };
  std::int64_t total = 0;
  std::size_t at = 0;
  if (text.empty()) return wrong();
  while (at < text.size()) {
    std::int64_t number = 0;
    const std::size_t first = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
      number = number * 10 + (text[at++] - '0');
      if (number > longest) return wrong();
    }
    if (at == first || at == text.size()) return wrong();
    std::int64_t unit = 0;
    switch (text[at++]) {
      case 's': unit = 1; break;
      case 'm': unit = 60; break;
      case 'h': unit = 3600; break;
      case 'd': unit = 86400; break;
      case 'w': unit = 7 * 86400; break;
      default: return wrong();
    }
    if (number > longest / unit) return wrong();
    total += number * unit;
    if (total > longest) return wrong();
  }
  return Seconds{total};
}

std::string format_duration(Seconds duration) {
  std::int64_t left = duration.count();
  const bool negative = left < 0;
  if (negative) left = -left;
  struct Unit { std::int64_t seconds; const char* name; };
  constexpr Unit units[] = {{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};
  std::string text;
  int written = 0;
  for (const Unit& unit : units) {
    const std::int64_t count = left / unit.seconds;
    left %= unit.seconds;
    if (written > 0 && count == 0) break;
    if (count == 0) continue;
    if (written > 0) text += ' ';
    text += std::to_string(count) + unit.name;
    if (++written == 2) break;
  }
  if (text.empty()) text = "0s";
  return negative ? "-" + text : text;
}

Milliseconds Deadline::remaining() const {
  const auto left = std::chrono::ceil<Milliseconds>(at_ - std::chrono::steady_clock::now());
  return left < Milliseconds::zero() ? Milliseconds::zero() : left;
}

}  // namespace maintain
