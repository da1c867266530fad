#include "plan/cron.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "plan/cron_field.hpp"

namespace maintain {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::months;
using std::chrono::year;
using std::chrono::year_month_day;
using std::chrono::year_month_day_last;

constexpr std::size_t longest_expression = 1000;
constexpr int horizon_years = 28;  // after that the calendar repeats

constexpr std::pair<std::string_view, std::string_view> shorthands[] = {
    {"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"},
};

tl::unexpected<Error> wrong(std::string message, std::string hint) {
  return fail(ErrorKind::configuration, "cron line " + std::move(message), std::move(hint));
}

constexpr std::string_view five_fields = "the five fields are: minute hour day-of-month month day-of-week";

bool in_calendar(Time time) {
  using std::chrono::sys_days;
  static constexpr Time first = sys_days{year{1} / 1 / 2}, last = sys_days{year{9999} / 12 / 30};
  return time >= first && time <= last;
}

template <std::size_t size>
int first_set(const std::bitset<size>& set, int from, int limit) {
  while (from < limit && !set.test(static_cast<std::size_t>(from))) ++from;
  return from < limit ? from : -1;
}

template <std::size_t size>
int last_set(const std::bitset<size>& set, int from) {
  while (from >= 0 && !set.test(static_cast<std::size_t>(from))) --from;
  return from;
}

}  // namespace

Result<CronExpression> CronExpression::parse(std::string_view text) {
  if (text.size() > longest_expression) return wrong("is too long", std::string(five_fields));
  for (const char c : text) {
    if ((c < ' ' || c > '~') && c != '\t') return wrong("holds a strange character", std::string(five_fields));
  }
  std::string lower = to_lower(trim(text));
  if (lower.starts_with('@')) {
    for (const auto& [name, expansion] : shorthands) {
      if (lower == name) return parse(expansion);
    }
    return wrong(fmt::format("'{}' is not known", lower),
                 "known are @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually");
  }
  const std::vector<std::string> words = split_words(lower);
  if (words.size() != 5) {
    return wrong(fmt::format("'{}' has {} instead of 5{}", shorten(lower, 100), count_of(words.size(), "field"),
                             words.size() > 5 ? "; seconds and years are not supported" : ""),
                 std::string(five_fields));
  }
  std::array<std::bitset<60>, 5> sets;
  for (std::size_t i = 0; i < 5; ++i) {
    Result<std::bitset<60>> set = parse_cron_field(words[i], cron_fields[i]);
    if (!set) return wrong(fmt::format("'{}', {}", shorten(lower, 100), set.error().message), set.error().hint);
    sets[i] = *set;
  }
  CronExpression cron;
  cron.minutes_ = sets[0];
  cron.hours_ = sets[1];
  cron.days_ = sets[2];
  cron.months_ = sets[3];
  cron.weekdays_ = sets[4];
  cron.any_day_ = cron.days_.count() == 31;
  cron.any_weekday_ = cron.weekdays_.count() == 7;

  const LocalTime leap_year_start = local_days{year{2024} / 1 / 1};
  if (!cron.next_local(leap_year_start - minutes{1})) {
    return wrong(fmt::format("'{}' names a date that never comes", shorten(lower, 100)),
                 "no month of these has such a day");
  }
  return cron;
}

bool CronExpression::matches(year_month_day date) const {
  const bool day_matches = days_.test(unsigned{date.day()});
  const bool weekday_matches = weekdays_.test(std::chrono::weekday{local_days{date}}.c_encoding());
  if (any_day_) return weekday_matches;
  if (any_weekday_) return day_matches;
  return day_matches || weekday_matches;
}

std::optional<LocalTime> CronExpression::next_local(LocalTime after) const {
  const auto start = std::chrono::floor<minutes>(after) + minutes{1};
  local_days today = std::chrono::floor<days>(start);
  auto of_day = static_cast<int>((start - today).count());
  const year last_year = year_month_day{today}.year() + std::chrono::years{horizon_years};
  while (true) {
    const year_month_day date{today};
    if (date.year() > last_year) return std::nullopt;
    if (!months_.test(unsigned{date.month()})) {
      today = local_days{year_month_day{date.year(), date.month(), day{1}} + months{1}};
      of_day = 0;
      continue;
    }
    if (matches(date)) {
      int hour = first_set(hours_, of_day / 60, 24);
      if (hour >= 0) {
        int minute = first_set(minutes_, hour == of_day / 60 ? of_day % 60 : 0, 60);
        if (minute < 0 && (hour = first_set(hours_, hour + 1, 24)) >= 0) minute = first_set(minutes_, 0, 60);
        if (hour >= 0) return today + minutes{hour * 60 + minute};
      }
    }
    today += days{1};
    of_day = 0;
  }
}

std::optional<LocalTime> CronExpression::previous_local(LocalTime at) const {
  const auto start = std::chrono::floor<minutes>(at);
  local_days today = std::chrono::floor<days>(start);
  auto of_day = static_cast<int>((start - today).count());
  const year first_year = year_month_day{today}.year() - std::chrono::years{horizon_years};
  while (true) {
    const year_month_day date{today};
    if (date.year() < first_year) return std::nullopt;
    if (!months_.test(unsigned{date.month()})) {
      today = local_days{year_month_day{date.year(), date.month(), day{1}}} - days{1};
      of_day = 24 * 60 - 1;
      continue;
    }
    if (matches(date)) {
      int hour = last_set(hours_, of_day / 60);
      if (hour >= 0) {
        int minute = last_set(minutes_, hour == of_day / 60 ? of_day % 60 : 59);
        if (minute < 0 && (hour = last_set(hours_, hour - 1)) >= 0) minute = last_set(minutes_, 59);
        if (hour >= 0) return today + minutes{hour * 60 + minute};
      }
    }
    today -= days{1};
    of_day = 24 * 60 - 1;
  }
}

std::optional<Time> CronExpression::next(Time after, const TimeZone& zone) const {
  if (!in_calendar(after)) return std::nullopt;
  const std::optional<LocalTime> local = next_local(zone.reached(after));
  if (!local) return std::nullopt;
  return zone.moment_of(*local);
}

std::optional<Time> CronExpression::previous(Time at, const TimeZone& zone) const {
  if (!in_calendar(at)) return std::nullopt;
  const std::optional<LocalTime> local = previous_local(zone.reached(at));
  if (!local) return std::nullopt;
  return zone.moment_of(*local);
}

std::optional<Time> CronExpression::next(Time after, const std::string& zone) const {
  const std::optional<TimeZone> found = TimeZone::find(zone);
  return found ? next(after, *found) : std::nullopt;
}

std::optional<Time> CronExpression::previous(Time at, const std::string& zone) const {
  const std::optional<TimeZone> found = TimeZone::find(zone);
  return found ? previous(at, *found) : std::nullopt;
}

}  // namespace maintain
