// Times as package indexes and advisories write them.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace maintain::pydeps {

// RFC 3339 in UTC, YYYY-MM-DDTHH:MM:SS with or without a fraction, then 'Z'. The fraction is cut off. Also without the
// 'Z', as some indexes write. Nothing for anything else, other offsets among that.
std::optional<std::chrono::sys_seconds> parse_timestamp(std::string_view text);

}  // namespace maintain::pydeps
