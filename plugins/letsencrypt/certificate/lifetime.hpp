// How old a certificate may become. By fraction of its lifetime and not by days, because authorities issue for 90, 64
// and 45 days and for 160 hours, and clients renew each of them when two thirds are used, or earlier.
#pragma once

#include <cstdint>
#include <string_view>

#include "letsencrypt/certificate/certificate.hpp"

namespace maintain::letsencrypt {

// fine: its renewal is not due, or not yet to be worried about.
// late: more than 2/3 + 1/24 is used; the 1/24 is a client that looks twice a day and a failed attempt or two.
// critical: more than 5/6 is used.
// A certificate for more than 90 days is judged by the days that are left, as one for 90 days: late with 26 days left,
// critical with 15. Clients that renew 30 days before the end, as certbot before 4.0, are in time there, too.
// not_yet_valid: begins more than a minute from now. Not every authority dates its certificates back, and the clocks of
// three machines differ by seconds.
enum class Standing { fine, late, critical, expired, not_yet_valid };
std::string_view to_string(Standing standing);  // "fine", "not_yet_valid", ...

// now in seconds since 1970.
Standing standing(const Certificate& certificate, std::int64_t now);

// The fraction of the whole lifetime that is left, 0 to 1.
double remaining(const Certificate& certificate, std::int64_t now);

// Days from now to its end; negative when it has ended.
double days_left(const Certificate& certificate, std::int64_t now);

// From not_before to not_after, in seconds; at least 1, whatever the certificate says.
std::int64_t lifetime(const Certificate& certificate);

}  // namespace maintain::letsencrypt
