// Durations as options write them and as people read them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace maintain::plugins {

// "90s", "1h30m", "7d"; at most ten years.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// One unit, for an age: "12 days", "1 hour", "34 seconds".
std::string age_text(std::chrono::milliseconds span);

// Two units, for something measured: "34s", "2m 5s", "3h 12m", "2d 4h".
std::string span_text(std::chrono::milliseconds span);

}  // namespace maintain::plugins
