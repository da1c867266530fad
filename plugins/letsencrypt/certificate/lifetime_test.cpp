#include "letsencrypt/certificate/lifetime.hpp"

#include <catch2/catch.hpp>

using namespace maintain::letsencrypt;

namespace {

constexpr std::int64_t hour = 3600;
constexpr std::int64_t day = 24 * hour;
constexpr std::int64_t start = 1'800'000'000;

Certificate lasting(std::int64_t span) { return {.not_before = start, .not_after = start + span - 1}; }

}  // namespace

TEST_CASE("lifetime: a certificate that is renewed when two thirds are used is fine, whatever its lifetime") {
  for (const std::int64_t span : {90 * day, 64 * day, 45 * day, 160 * hour, 20 * day, 7 * day}) {
    CAPTURE(span);
    const Certificate certificate = lasting(span);
    CHECK(standing(certificate, start) == Standing::fine);
    CHECK(standing(certificate, start + span * 2 / 3) == Standing::fine);
    CHECK(standing(certificate, start + span * 17 / 24) == Standing::fine);
    CHECK(standing(certificate, start + span * 17 / 24 + hour) == Standing::late);
    CHECK(standing(certificate, start + span * 5 / 6) == Standing::late);
    CHECK(standing(certificate, start + span * 5 / 6 + hour) == Standing::critical);
    CHECK(standing(certificate, start + span - 1) == Standing::critical);
    CHECK(standing(certificate, start + span) == Standing::expired);
    CHECK(standing(certificate, start - 60) == Standing::fine);  // issued this moment, by a clock ahead of ours
    CHECK(standing(certificate, start - 61) == Standing::not_yet_valid);
  }
}

TEST_CASE("lifetime: certbot's 30 days before the end are early enough, and half a day later") {
  for (const std::int64_t days : {90, 200, 398, 3650}) {
    CAPTURE(days);
    const Certificate certificate = lasting(days * day);
    CHECK(standing(certificate, start + (days - 30) * day) == Standing::fine);
    CHECK(standing(certificate, start + (days - 30) * day + 12 * hour) == Standing::fine);
    CHECK(standing(certificate, start + (days - 26) * day) == Standing::late);
    CHECK(standing(certificate, start + (days - 15) * day + hour) == Standing::critical);
  }
}

TEST_CASE("lifetime: what is left, as a fraction and in days") {
  const Certificate certificate = lasting(90 * day);
  CHECK(remaining(certificate, start) == Approx(1.0));
  CHECK(remaining(certificate, start + 60 * day) == Approx(1.0 / 3));
  CHECK(remaining(certificate, start - day) == 1.0);
  CHECK(remaining(certificate, start + 91 * day) == 0.0);
  CHECK(days_left(certificate, start + 60 * day) == Approx(30.0));
  CHECK(days_left(certificate, start + 91 * day) == Approx(-1.0));
}

TEST_CASE("lifetime: dates that make no sense are no division by nothing") {
  const Certificate backwards{.not_before = start, .not_after = start - day};
  CHECK(lifetime(backwards) == 1);
  CHECK(remaining(backwards, start) == 0.0);
  CHECK(standing(backwards, start) == Standing::expired);
}
