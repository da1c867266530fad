#include "plan/schedule.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace maintain {

Result<Schedule> Schedule::of(const TaskSpec& spec) {
  const Result<CronExpression> cron = CronExpression::parse(spec.when);
  if (!cron) return fail(cron.error());
  const std::optional<TimeZone> zone = TimeZone::find(spec.timezone);
  if (!zone) {
    return fail(ErrorKind::configuration, fmt::format("time zone '{}' is not known", spec.timezone),
                "use an IANA name like Europe/Berlin; the database is Debian's package tzdata");
  }
  return Schedule(*cron, *zone, spec);
}

std::optional<Slot> Schedule::slot(Time time) const {
  const std::optional<Time> start = cron_.previous(time, zone_);
  if (!start) return std::nullopt;
  if (!window_) return Slot{*start, {}};
  if (time - *start > *window_) return std::nullopt;
  return Slot{*start, *start + *window_};
}

std::optional<Time> Schedule::earliest(Time from, std::optional<Time> mark) const {
  const std::optional<Slot> current = slot(from);
  if (current && (!mark || current->start > *mark)) return from;
  return next(mark ? std::max(from, *mark) : from);
}

std::string Schedule::format(Time time) const { return fmt::format("{} ({})", zone_.format(time), zone_name_); }

std::vector<Occurrence> next_occurrences(const TaskSpec& spec, Time from, int n) {
  std::vector<Occurrence> found;
  if (spec.when.empty()) return found;
  const Result<Schedule> schedule = Schedule::of(spec);
  const std::optional<TimeZone> zone = TimeZone::find(spec.timezone);
  if (!schedule || !zone) return found;

  const auto clock = [&](Time time) { return fmt::format("{} {}", zone->format(time), zone->abbreviation(time)); };
  const auto text = [&](Time start, std::optional<Time> end) {
    std::string local = fmt::format("{} {}", zone->weekday(start), clock(start));
    if (!end) return local;
    std::string until = clock(*end);
    const std::string day = local.substr(4, 11);  // "2026-11-24 "
    if (until.starts_with(day)) until.erase(0, day.size());
    return local + " to " + until;
  };
  const auto add = [&](Time start) {
    const std::optional<Time> end = spec.window ? std::optional(start + *spec.window) : std::nullopt;
    found.push_back({start, end, text(start, end)});
  };

  n = std::clamp(n, 0, 1000);
  if (n > 0 && schedule->has_window()) {
    if (const std::optional<Slot> open = schedule->slot(from)) add(open->start);
  }
  Time after = from;
  while (static_cast<int>(found.size()) < n) {
    const std::optional<Time> start = schedule->next(after);
    if (!start) break;
    add(*start);
    after = *start;
  }
  return found;
}

}  // namespace maintain
