#include "plan/time_zone.hpp"

#include <stdexcept>

#include <date/tz.h>
#include <fmt/format.h>

// Debian builds the library with USE_OS_TZDB: it reads /usr/share/zoneinfo. It knows only the transitions that are
// listed there, not the rule at the end of each file; Debian's files list them up to 2037, which a test checks.

namespace maintain {
namespace {

date::sys_seconds to_date(Time time) { return date::sys_seconds{time.time_since_epoch()}; }
date::local_seconds to_date(LocalTime local) { return date::local_seconds{local.time_since_epoch()}; }
Time from_date(date::sys_seconds time) { return Time{time.time_since_epoch()}; }

}  // namespace

std::optional<TimeZone> TimeZone::find(const std::string& name) {
  // Loading the database costs some milliseconds, and most schedules are in UTC.
  if (name == "UTC" || name == "Etc/UTC") return TimeZone(nullptr);
  try {
    return TimeZone(date::locate_zone(name));
  } catch (const std::exception&) {  // unknown, or there is no database: the library has no other way to say so
    return std::nullopt;
  }
}

Time TimeZone::moment_of(LocalTime local) const {
  if (zone_ == nullptr) return Time{local.time_since_epoch()};
  const date::local_info info = zone_->get_info(to_date(local));
  if (info.result == date::local_info::nonexistent) return from_date(info.first.end);
  return Time{local.time_since_epoch() - info.first.offset};
}

LocalTime TimeZone::reached(Time time) const {
  const LocalTime local = wall_clock(time);
  if (zone_ == nullptr) return local;
  const date::local_info info = zone_->get_info(to_date(local));
  const bool repeated = info.result == date::local_info::ambiguous && to_date(time) >= info.second.begin;
  if (!repeated) return local;
  return LocalTime{info.first.end.time_since_epoch() + info.first.offset} - Seconds{1};
}

LocalTime TimeZone::wall_clock(Time time) const {
  if (zone_ == nullptr) return LocalTime{time.time_since_epoch()};
  return LocalTime{zone_->to_local(to_date(time)).time_since_epoch()};
}

std::string TimeZone::format(Time time) const {
  const std::string utc_like = format_time(Time{wall_clock(time).time_since_epoch()});  // "2026-11-22T20:20:00Z"
  return utc_like.substr(0, 10) + " " + utc_like.substr(11, 5);
}

std::string TimeZone::abbreviation(Time time) const {
  return zone_ == nullptr ? "UTC" : zone_->get_info(to_date(time)).abbrev;
}

std::string TimeZone::weekday(Time time) const {
  constexpr const char* names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  return names[std::chrono::weekday{std::chrono::floor<std::chrono::days>(wall_clock(time))}.c_encoding()];
}

void load_time_zones() { (void)TimeZone::find("Europe/London"); }  // any name but UTC

bool is_known_zone(const std::string& zone) { return TimeZone::find(zone).has_value(); }

std::vector<std::string> zone_names() {
  std::vector<std::string> names = {"UTC"};
  try {
    for (const date::time_zone& zone : date::get_tzdb().zones) names.push_back(zone.name());
  } catch (const std::exception&) {  // no database: nothing to suggest
  }
  return names;
}

}  // namespace maintain
