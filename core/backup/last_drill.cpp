#include "backup/last_drill.hpp"

#include <chrono>

#include <nlohmann/json.hpp>

namespace maintain {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t last_moment_ms = 253'402'300'799'000;   // the year 9999 ends: what format_time() can write
constexpr double longest_seconds = 10.0 * 365 * 24 * 60 * 60;  // beyond it nothing was measured

std::optional<Milliseconds> duration_of(const Json& seconds) {
  if (!seconds.is_number()) return std::nullopt;
  const double value = seconds.get<double>();
  if (!(value >= 0 && value <= longest_seconds)) return std::nullopt;
  return std::chrono::round<Milliseconds>(std::chrono::duration<double>(value));
}

}  // namespace

std::optional<Drill> parse_drill(std::string_view state) {
  const Json json = Json::parse(state, nullptr, false);
  const Json last = json.is_object() ? json.value("last", Json()) : Json();
  if (!last.is_object()) return std::nullopt;
  const Json time = last.value("time_ms", Json());
  const Json passed = last.value("passed", Json());
  if (!time.is_number_integer() || !passed.is_boolean()) return std::nullopt;
  if (time < 0 || time > last_moment_ms) return std::nullopt;
  return Drill{Time(std::chrono::floor<Seconds>(Milliseconds(time.get<std::int64_t>()))), passed.get<bool>(),
               duration_of(last.value("seconds", Json()))};
}

}  // namespace maintain
