// Local time in a named zone, as a schedule needs it: every wall-clock time stands for exactly one moment.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace date {
class time_zone;
}

namespace maintain {

using LocalTime = std::chrono::local_seconds;  // what the clock on the wall shows

class TimeZone {
 public:
  // nullopt: not in the machine's time zone database. "UTC" needs no database.
  static std::optional<TimeZone> find(const std::string& name);

  // The moment at which something planned for `local` happens: its first occurrence where clocks were set back,
  // the first moment after the gap where they were set forward over it. Never decreases as `local` grows.
  Time moment_of(LocalTime local) const;

  // What the clock shows.
  LocalTime wall_clock(Time time) const;

  // The latest wall-clock time whose moment is not after `time`. What the clock shows, except while an hour is
  // being repeated: then the end of that hour, because all of it has happened already.
  LocalTime reached(Time time) const;

  // "2026-11-22 21:20" as the clock shows it.
  std::string format(Time time) const;
  std::string abbreviation(Time time) const;  // "CET"; "UTC"
  std::string weekday(Time time) const;       // "Tue"

 private:
  explicit TimeZone(const date::time_zone* zone) : zone_(zone) {}
  const date::time_zone* zone_;  // null: UTC
};

// Reads the database's list of zones, some milliseconds of work that is else done when the first zone is asked for.
// For a process whose children plan: forked after this, they find it done.
void load_time_zones();

// Whether the zone is in the machine's time zone database.
bool is_known_zone(const std::string& zone);

// All names of the database, for "did you mean".
std::vector<std::string> zone_names();

}  // namespace maintain
