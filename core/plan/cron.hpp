// Cron expressions as croniter (Python) reads them: five fields, names, ranges, steps, lists, and the rule that
// day-of-month and day-of-week are alternatives when both are restricted. Also @hourly … @yearly.
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "plan/time_zone.hpp"

namespace maintain {

class CronExpression {
 public:
  // configuration error with what is wrong and in which field; also when no date can ever match ("0 0 31 2 *").
  static Result<CronExpression> parse(std::string_view text);

  // The first moment strictly after `after` (previous: the last one at or before `at`), in the zone.
  // A local time that a DST gap skips runs at the first moment after the gap; one that a fold repeats runs once, at
  // its first occurrence. nullopt: none within 28 years, or outside the years 1 to 9999.
  std::optional<Time> next(Time after, const TimeZone& zone) const;
  std::optional<Time> previous(Time at, const TimeZone& zone) const;
  // The same by IANA name; nullopt also for an unknown zone.
  std::optional<Time> next(Time after, const std::string& zone) const;
  std::optional<Time> previous(Time at, const std::string& zone) const;

 private:
  bool matches(std::chrono::year_month_day date) const;
  std::optional<LocalTime> next_local(LocalTime after) const;
  std::optional<LocalTime> previous_local(LocalTime at) const;

  std::bitset<60> minutes_;
  std::bitset<60> hours_;      // 0..23
  std::bitset<60> days_;       // 1..31
  std::bitset<60> months_;     // 1..12
  std::bitset<60> weekdays_;   // 0 Sunday .. 6
  // A field that allows everything, however it is written, counts as `*`: croniter's rule.
  bool any_day_ = true;
  bool any_weekday_ = true;
};

}  // namespace maintain
