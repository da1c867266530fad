// How moments, spans and lists of names read in findings about certificates. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "letsencrypt/certificate/certificate.hpp"

namespace maintain::letsencrypt {

// "2027-01-15 08:00 UTC"
std::string moment_text(std::int64_t moment);

// Of seconds, whatever their sign: "56 days", "13 hours", "1 minute".
std::string span_words(std::int64_t seconds);

// "ends on 2027-01-15 08:00 UTC, in 3 days", "ended on ..., 3 days ago"
std::string end_text(const Certificate& certificate, std::int64_t now);

// "29 %", rounded down, so that what is overdue does not look as if it were not.
std::string percent_text(double fraction);

// "a, b and 3 more"
std::string list_text(const std::vector<std::string>& names, std::size_t most = 4);

// "Issued by Let's Encrypt R11 for shop.example.org and www.shop.example.org, ends on ..."
std::string describe(const Certificate& certificate, std::int64_t now);

// "/etc/shop.pem: it may not be read"; a problem that begins with the path says it by itself, and none adds nothing.
std::string problem_text(const std::string& path, const std::string& problem);

// One word for a shell, as an administrator would type it: quoted only where it has to be.
std::string typed(std::string_view word);

}  // namespace maintain::letsencrypt
