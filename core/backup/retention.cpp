#include "backup/retention.hpp"

#include <array>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;
using Local = std::chrono::local_seconds;
using Days = std::chrono::local_days;

std::chrono::year_month_day date_of(Local time) {
  return std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(time));
}

long hour_number(Local time) { return std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count(); }
long day_number(Local time) { return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count(); }
// Day 0 was a Thursday: ISO weeks begin three days before.
long week_number(Local time) {
  return std::chrono::floor<std::chrono::weeks>(time + std::chrono::days(3)).time_since_epoch().count();
}
long month_number(Local time) {
  const auto date = date_of(time);
  return static_cast<int>(date.year()) * 12L + static_cast<long>(static_cast<unsigned>(date.month()));
}
long year_number(Local time) { return static_cast<int>(date_of(time).year()); }

// As Go's time.AddDate, which restic uses: a day that the month does not have runs over into the next month.
Local back(Local from, const CalendarSpan& span) {
  const Days day = std::chrono::floor<std::chrono::days>(from);
  const auto time_of_day = from - day;
  const std::chrono::year_month_day date{day};
  const auto month = date.year() / date.month() - std::chrono::years(span.years) - std::chrono::months(span.months);
  const Days first{month / 1};
  return first + std::chrono::days(static_cast<int>(static_cast<unsigned>(date.day())) - 1 - span.days) + time_of_day -
         std::chrono::hours(span.hours);
}

struct Period {
  const char* name;
  long (*number)(Local);
  int RetentionPolicy::*count;
  std::optional<CalendarSpan> RetentionPolicy::*within;
};
constexpr std::array<Period, 5> periods{{
    {"hourly", hour_number, &RetentionPolicy::hourly, &RetentionPolicy::within_hourly},
    {"daily", day_number, &RetentionPolicy::daily, &RetentionPolicy::within_daily},
    {"weekly", week_number, &RetentionPolicy::weekly, &RetentionPolicy::within_weekly},
    {"monthly", month_number, &RetentionPolicy::monthly, &RetentionPolicy::within_monthly},
    {"yearly", year_number, &RetentionPolicy::yearly, &RetentionPolicy::within_yearly},
}};

// The newest copy of each period, as long as there is a place left.
class Places {
 public:
  Places(const Period& period, int places) : period_(period), places_(places) {}

  std::optional<std::string> take(Local time) {
    if (places_ >= 0 && taken_ >= places_) return std::nullopt;
    const long number = period_.number(time);
    if (last_ == number) return std::nullopt;
    last_ = number;
    ++taken_;
    if (places_ < 0) return fmt::format("{} {}", period_.name, taken_);
    return fmt::format("{} {} of {}", period_.name, taken_, places_);
  }

 private:
  const Period& period_;
  int places_;
  int taken_ = 0;
  std::optional<long> last_ = {};
};

tl::unexpected<Error> wrong(const std::string& what) {
  return fail(ErrorKind::configuration, "keep: " + what,
              "the words are last, hourly, daily, weekly, monthly, yearly (counts; -1: all) and within, within_hourly, "
              "within_daily, within_weekly, within_monthly, within_yearly (such as 1y5m7d2h)");
}

int RetentionPolicy::*count_named(std::string_view word) {
  if (word == "last") return &RetentionPolicy::last;
  for (const Period& period : periods)
    if (word == period.name) return period.count;
  return nullptr;
}

std::optional<CalendarSpan> RetentionPolicy::*span_named(std::string_view word) {
  if (word == "within") return &RetentionPolicy::within;
  for (const Period& period : periods)
    if (word == std::string("within_") + period.name) return period.within;
  return nullptr;
}

}  // namespace

std::optional<CalendarSpan> parse_calendar_span(std::string_view text) {
  constexpr int most = 10'000;
  CalendarSpan span;
  std::string seen;
  while (!text.empty()) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0 || number > most || end == text.data() + text.size()) return std::nullopt;
    const char unit = *end;
    if (seen.find(unit) != std::string::npos) return std::nullopt;
    seen += unit;
    switch (unit) {
      case 'y': span.years = number; break;
      case 'm': span.months = number; break;
      case 'd': span.days = number; break;
      case 'h': span.hours = number; break;
      default: return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  }
  if (span == CalendarSpan{}) return std::nullopt;
  return span;
}

std::string to_string(const CalendarSpan& span) {
  std::string text;
  const auto add = [&](int number, char unit) {
    if (number != 0) text += std::to_string(number) + unit;
  };
  add(span.years, 'y');
  add(span.months, 'm');
  add(span.days, 'd');
  add(span.hours, 'h');
  return text;
}

bool RetentionPolicy::keeps_nothing() const { return *this == RetentionPolicy{}; }

Result<RetentionPolicy> parse_retention_policy(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return wrong("it is a mapping of words to numbers");
  RetentionPolicy policy;
  for (const auto& [word, value] : json.items()) {
    if (const auto count = count_named(word)) {
      if (!value.is_number_integer() || value < -1 || value > 1'000'000)
        return wrong(fmt::format("{} is a count, or -1 for all", word));
      policy.*count = value.get<int>();
    } else if (const auto within = span_named(word)) {
      const auto span = value.is_string() ? parse_calendar_span(value.get<std::string>()) : std::nullopt;
      if (!span) return wrong(fmt::format("{} is a span such as 1y5m7d2h", word));
      policy.*within = span;
    } else {
      return wrong(fmt::format("there is no '{}'", shorten(printable(word), 100)));
    }
  }
  if (policy.keeps_nothing()) return wrong("this policy would keep nothing at all");
  return policy;
}

std::vector<Fate> apply_policy(const std::vector<Time>& newest_first, const RetentionPolicy& policy,
                               const WallClock& wall_clock) {
  std::vector<Fate> fates(newest_first.size());
  if (newest_first.empty()) return fates;
  const Local newest = wall_clock(newest_first.front());
  std::vector<Places> counted, in_span;
  for (const Period& period : periods) {
    counted.emplace_back(period, policy.*period.count);
    in_span.emplace_back(period, -1);
  }
  for (std::size_t i = 0; i < newest_first.size(); ++i) {
    const Local time = wall_clock(newest_first[i]);
    const auto keep = [&](std::string reason) {
      fates[i].keep = true;
      fates[i].reasons.push_back(std::move(reason));
    };
    if (policy.within && time > back(newest, *policy.within)) keep("within " + to_string(*policy.within));
    if (policy.last < 0) keep(fmt::format("last {}", i + 1));
    else if (static_cast<int>(i) < policy.last) keep(fmt::format("last {} of {}", i + 1, policy.last));
    for (std::size_t p = 0; p < periods.size(); ++p)
      if (const auto place = counted[p].take(time)) keep(*place);
    for (std::size_t p = 0; p < periods.size(); ++p) {
      const auto& span = policy.*periods[p].within;
      if (!span || time <= back(newest, *span)) continue;
      if (in_span[p].take(time)) keep(fmt::format("{} within {}", periods[p].name, to_string(*span)));
    }
    if (!fates[i].keep) fates[i].reasons.emplace_back("no rule keeps it");
  }
  return fates;
}

}  // namespace maintain
