#include "letsencrypt/certificate/lifetime.hpp"

#include <algorithm>

namespace maintain::letsencrypt {
namespace {

constexpr std::int64_t day = 86400;
constexpr std::int64_t longest_judged = 90 * day;
constexpr std::int64_t clocks_differ = 60;

}  // namespace

std::string_view to_string(Standing standing) {
  switch (standing) {
    case Standing::fine: return "fine";
    case Standing::late: return "late";
    case Standing::critical: return "critical";
    case Standing::expired: return "expired";
    case Standing::not_yet_valid: break;
  }
  return "not_yet_valid";
}

std::int64_t lifetime(const Certificate& certificate) {
  // The last second is valid, too.
  return std::max<std::int64_t>(certificate.not_after - certificate.not_before + 1, 1);
}

Standing standing(const Certificate& certificate, std::int64_t now) {
  if (now > certificate.not_after) return Standing::expired;
  if (now + clocks_differ < certificate.not_before) return Standing::not_yet_valid;
  const std::int64_t judged = std::min(lifetime(certificate), longest_judged);
  const std::int64_t left = certificate.not_after - now + 1;
  if (6 * left < judged) return Standing::critical;      // 5/6 used
  if (24 * left < 7 * judged) return Standing::late;     // 2/3 + 1/24 used
  return Standing::fine;
}

double remaining(const Certificate& certificate, std::int64_t now) {
  const double left = static_cast<double>(certificate.not_after - now + 1) / static_cast<double>(lifetime(certificate));
  return std::clamp(left, 0.0, 1.0);
}

double days_left(const Certificate& certificate, std::int64_t now) {
  return static_cast<double>(certificate.not_after - now) / static_cast<double>(day);
}

}  // namespace maintain::letsencrypt
