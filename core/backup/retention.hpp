// Which copies a policy keeps, and why. Pure. The words and their meaning are restic's (`restic forget`, 0.14), so
// that what people know of it holds here; restic is the oracle of the tests.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace maintain {

// A stretch of the calendar: "1y5m7d2h" is 1 year, 5 months, 7 days and 2 hours.
struct CalendarSpan {
  int years = 0;
  int months = 0;
  int days = 0;
  int hours = 0;

  bool operator==(const CalendarSpan&) const = default;
};
std::optional<CalendarSpan> parse_calendar_span(std::string_view text);  // each unit once, in any order; not zero
std::string to_string(const CalendarSpan& span);

// Counts: of the newest copy in each of so many hours, days, ... that have one; -1: of all of them.
struct RetentionPolicy {
  int last = 0;
  int hourly = 0;
  int daily = 0;
  int weekly = 0;   // ISO 8601 weeks
  int monthly = 0;
  int yearly = 0;
  // Back from the newest copy: all of them, or the newest in each hour, day, ...
  std::optional<CalendarSpan> within = {};
  std::optional<CalendarSpan> within_hourly = {};
  std::optional<CalendarSpan> within_daily = {};
  std::optional<CalendarSpan> within_weekly = {};
  std::optional<CalendarSpan> within_monthly = {};
  std::optional<CalendarSpan> within_yearly = {};

  bool keeps_nothing() const;
  bool operator==(const RetentionPolicy&) const = default;
};

// From an object of the words above. Errors (configuration): not an object, an unknown word, a value that is none, a
// policy that keeps nothing.
Result<RetentionPolicy> parse_retention_policy(const std::string& json);

struct Fate {
  bool keep = false;
  std::vector<std::string> reasons = {};  // "daily 3 of 7", "within 30d"; of one that goes: why
};

// What the wall clock shows at a moment, in the time zone that counts.
using WallClock = std::function<std::chrono::local_seconds(Time)>;

// One fate per copy, in the order given, which is newest first.
std::vector<Fate> apply_policy(const std::vector<Time>& newest_first, const RetentionPolicy& policy,
                               const WallClock& wall_clock);

}  // namespace maintain
