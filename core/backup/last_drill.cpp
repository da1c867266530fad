#include "backup/last_drill.hpp"

#include <chrono>

#include <nlohmann/json.hpp>

#include "backup/tree.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;

constexpr const char* file_name = "_drill.json";
constexpr std::size_t file_limit = 64 * 1024;
constexpr std::int64_t last_moment_ms = 253'402'300'799'000;   // the year 9999 ends: what format_time() can write
constexpr double longest_seconds = 10.0 * 365 * 24 * 60 * 60;  // beyond it nothing was measured

std::optional<Milliseconds> duration_of(const Json& seconds) {
  if (!seconds.is_number()) return std::nullopt;
  const double value = seconds.get<double>();
  if (!(value >= 0 && value <= longest_seconds)) return std::nullopt;
  return std::chrono::round<Milliseconds>(std::chrono::duration<double>(value));
}

}  // namespace

std::optional<Drill> parse_drill(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_object() && json.contains("last")) json = Json(json["last"]);
  if (!json.is_object()) return std::nullopt;
  const Json time = json.value("time_ms", Json());
  const Json passed = json.value(json.contains("ok") ? "ok" : "passed", Json());
  if (!time.is_number_integer() || !passed.is_boolean()) return std::nullopt;
  if (time < 0 || time > last_moment_ms) return std::nullopt;
  return Drill{Time(std::chrono::floor<Seconds>(Milliseconds(time.get<std::int64_t>()))), passed.get<bool>(),
               duration_of(json.value("seconds", Json()))};
}

std::optional<Drill> read_last_drill(const std::filesystem::path& copies) {
  const auto text = read_plain_file(copies / file_name, file_limit);
  return text ? parse_drill(*text) : std::nullopt;
}

}  // namespace maintain
