// One field of a cron expression: text -> set of numbers.
#pragma once

#include <bitset>
#include <span>
#include <string_view>

#include "base/error.hpp"

namespace maintain {

struct CronField {
  std::string_view name;                     // "day of week", for errors
  int low;
  int high;                                  // largest number that may be written (7 for the day of week)
  std::span<const std::string_view> names;   // names[i] means low + i
};

extern const CronField cron_fields[5];       // minute, hour, day of month, month, day of week

// `text` is lower case without white space. In the day of week 7 is returned as 0.
Result<std::bitset<60>> parse_cron_field(std::string_view text, const CronField& field);

}  // namespace maintain
