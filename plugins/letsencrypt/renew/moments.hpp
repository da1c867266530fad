// Moments of the host as the parts that reckon in seconds since 1970 want them, and as they read in findings.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <maintain/plugin.hpp>

#include "letsencrypt/audit/wording.hpp"

namespace maintain::letsencrypt {

inline std::int64_t seconds(sdk::Moment moment) {
  return std::chrono::duration_cast<std::chrono::seconds>(moment.time_since_epoch()).count();
}

// "2027-01-15 08:00 UTC"
inline std::string text_of(sdk::Moment moment) { return moment_text(seconds(moment)); }

}  // namespace maintain::letsencrypt
