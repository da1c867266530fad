// Cron expressions as croniter (Python) and cron(8) read them: five fields, names, ranges, steps, lists, and the rule
// that day-of-month and day-of-week are alternatives when neither is `*`. Also @hourly … @yearly.
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace maintain {

class CronExpression {
 public:
  // configuration error with what is wrong and in which field; also when no date can ever match ("0 0 31 2 *").
  static Result<CronExpression> parse(std::string_view text);

  // The first moment strictly after `after` (prev: the last one at or before `at`), in the named IANA zone.
  // A local time that a DST gap skips runs at the first moment after the gap; one that a fold repeats runs once, at
  // its first occurrence. nullopt: none within 28 years.
  std::optional<Time> next(Time after, const std::string& zone) const;
  std::optional<Time> previous(Time at, const std::string& zone) const;

 private:
  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;       // 1..31
  std::bitset<13> months_;     // 1..12
  std::bitset<7> weekdays_;    // 0 Sunday
  bool any_day_ = true;        // day-of-month was `*`
  bool any_weekday_ = true;
};

// Whether the zone is in the machine's time zone database.
bool is_known_zone(const std::string& zone);

}  // namespace maintain
