#include "store/import_legacy.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;

constexpr std::size_t depth_limit = 8;          // the format needs 2
constexpr Seconds clock_tolerance = std::chrono::minutes(5);

// The beginning of the text as so many digits.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  int number = 0;
  if (text.size() < count) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, number);
  if (error != std::errc{} || end != text.data() + count || text.front() == '-') return std::nullopt;
  text.remove_prefix(count);
  return number;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// "", "Z", "+01:00", "-0530", "+01"
std::optional<Seconds> parse_zone(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return Seconds{0};
  const bool west = text.front() == '-';
  if (!take(text, "+-")) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || *hours > 14) return std::nullopt;
  int minutes = 0;
  if (!text.empty()) {
    take(text, ":");
    const auto read = take_digits(text, 2);
    if (!read || *read > 59 || !text.empty()) return std::nullopt;
    minutes = *read;
  }
  const Seconds offset = std::chrono::hours(*hours) + std::chrono::minutes(minutes);
  return west ? -offset : offset;
}

// "2026-11-22", then " 13:03" or "T13:03:41" or "T13:03:41.25", then a zone.
std::optional<Time> parse_iso(std::string_view text) {
  using namespace std::chrono;
  const auto y = take_digits(text, 4);
  if (!y || !take(text, "-")) return std::nullopt;
  const auto m = take_digits(text, 2);
  if (!m || !take(text, "-")) return std::nullopt;
  const auto d = take_digits(text, 2);
  if (!d) return std::nullopt;
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*m)}, day{static_cast<unsigned>(*d)}};
  if (!date.ok()) return std::nullopt;
  if (text.empty()) return Time{sys_days{date}};
  if (!take(text, "Tt ")) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take(text, ":")) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  int second = 0;
  if (take(text, ":")) {
    const auto read = take_digits(text, 2);
    if (!read || *read > 60) return std::nullopt;
    second = *read;
    if (take(text, ".,")) text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));
  }
  const auto zone = parse_zone(trim(text));
  if (!zone) return std::nullopt;
  return Time{sys_days{date}} + hours{*hour} + minutes{*minute} + seconds{second} - *zone;
}

// Seconds since 1970; 0 is "never" and comes out as such.
std::optional<Time> from_epoch(double seconds) {
  constexpr double year_3000 = 32503680000.0;
  if (!(seconds >= 0 && seconds < year_3000)) return std::nullopt;
  return Time{Seconds{static_cast<std::int64_t>(std::floor(seconds))}};
}

std::optional<Time> read_time(const Json& value) {
  if (value.is_number()) return from_epoch(value.get<double>());
  if (!value.is_string()) return std::nullopt;
  const std::string text(trim(value.get_ref<const std::string&>()));
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size()) return from_epoch(number);
  return parse_iso(text);
}

Error not_read(const std::string& file, const std::string& server, const std::string& key, std::string why) {
  return {ErrorKind::configuration,
          fmt::format("server '{}', '{}': {}", printable(server), printable(key), std::move(why)),
          "the task counts as never performed, unless the entry is corrected and imported again",
          Position{file, 0, 0}};
}

void read_server(const std::string& file, const std::string& server, const Json& entries, Time now,
                 LegacyStatus& into) {
  for (const auto& [key, value] : entries.items()) {
    const auto at = value.is_null() ? Time{} : read_time(value);
    if (!at)
      into.warnings.push_back(not_read(file, server, key,
                                       "not a time: " + shorten(printable(value.dump(-1, ' ', true)), 60)));
    else if (*at > now + clock_tolerance)
      into.warnings.push_back(not_read(file, server, key, "lies in the future: " + format_time(*at)));
    else if (*at > Time{})
      into.marks.push_back({server, key, *at});
  }
}

}  // namespace

Result<LegacyStatus> parse_legacy_status(const std::string& file, std::string_view text, Time now) {
  const auto wrong = [&](std::string what) {
    return fail(Error{ErrorKind::configuration, std::move(what),
                      "expected the earlier bot's maintenance-status.json", Position{file, 0, 0}});
  };
  bool too_deep = false;
  const auto bound = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > static_cast<int>(depth_limit);
    return !too_deep;  // nothing below is kept, so no value can nest deep enough to hurt
  };
  const Json document = Json::parse(text, bound, false);
  if (too_deep) return wrong("nested too deeply");
  if (document.is_discarded()) return wrong("not JSON");
  if (!document.is_object()) return wrong("not a JSON object");
  LegacyStatus status;
  for (const auto& [server, entries] : document.items()) {
    if (entries.is_object()) read_server(file, server, entries, now, status);
    else status.warnings.push_back({ErrorKind::configuration,
                                    fmt::format("server '{}': not an object, left out", printable(server)), "",
                                    Position{file, 0, 0}});
  }
  return status;
}

std::vector<std::pair<TaskKey, LegacyMark>> match_legacy_marks(const std::vector<LegacyMark>& marks,
                                                               const std::string& server,
                                                               const std::vector<Project>& projects) {
  std::vector<std::pair<TaskKey, LegacyMark>> matches;
  for (const Project& project : projects)
    for (const TaskSpec& task : project.tasks)
      for (const LegacyMark& mark : marks)
        if (!task.legacy_status_key.empty() && mark.server == server && mark.status_key == task.legacy_status_key)
          matches.emplace_back(TaskKey{server, project.name, task.name}, mark);
  return matches;
}

}  // namespace maintain
