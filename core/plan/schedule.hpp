// When one task may run: its cron line, in its zone, with its window.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "model/task_spec.hpp"
#include "plan/cron.hpp"
#include "plan/time_zone.hpp"

namespace maintain {

// What one scheduled moment permits. end: the last moment at which the task may still start; unset: no window.
struct Slot {
  Time start{};
  std::optional<Time> end = {};
};

class Schedule {
 public:
  // configuration error when `when` or `timezone` is wrong. spec.when must not be empty.
  static Result<Schedule> of(const TaskSpec& spec);

  bool has_window() const { return window_.has_value(); }
  std::optional<Time> next(Time after) const { return cron_.next(after, zone_); }

  // The slot that `time` lies in: that of the last scheduled moment at or before it, unless its window is over.
  std::optional<Slot> slot(Time time) const;

  // The first moment, `from` or later, that lies in a slot which starts after `mark` (the last success).
  std::optional<Time> earliest(Time from, std::optional<Time> mark) const;

  // "2026-11-22 21:20 (Europe/Berlin)", or "2026-11-22 20:20 (UTC)".
  std::string format(Time time) const;

 private:
  Schedule(CronExpression cron, TimeZone zone, const TaskSpec& spec)
      : cron_(cron), zone_(zone), zone_name_(spec.timezone), window_(spec.window) {}

  CronExpression cron_;
  TimeZone zone_;
  std::string zone_name_;
  std::optional<Seconds> window_;
};

// One concrete run, or with a window the span in which the run may start.
struct Occurrence {
  Time start{};
  std::optional<Time> end = {};
  std::string local;  // "Tue 2026-11-24 21:06 CET", "Tue 2026-11-24 21:06 CET to 21:36 CET"
};

// The next n (at most 1000) occurrences, first the one whose window is open at `from`. Empty for a task that has no
// schedule or a wrong one.
std::vector<Occurrence> next_occurrences(const TaskSpec& spec, Time from, int n);

}  // namespace maintain
