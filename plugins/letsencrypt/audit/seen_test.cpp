#include "letsencrypt/audit/seen.hpp"

#include <catch2/catch.hpp>

#include "letsencrypt/audit/testing.hpp"

using namespace maintain::letsencrypt;
using namespace maintain::letsencrypt::testing;
using maintain::sdk::Json;

namespace {

Certificate of(const std::string& fingerprint, const std::string& issuer = "Let's Encrypt", std::int64_t days = 90) {
  Certificate certificate;
  certificate.fingerprint = fingerprint;
  certificate.issuer_organization = issuer;
  certificate.not_before = epoch;
  certificate.not_after = epoch + days * day - 1;
  return certificate;
}

SeenCertificates after(const std::vector<Certificate>& certificates) {
  SeenCertificates seen;
  for (const Certificate& certificate : certificates) note_seen(seen, "shop", certificate, epoch);
  return seen;
}

}  // namespace

TEST_CASE("seen: a renewal by the same authority for the same time changes nothing") {
  const SeenCertificates seen = after({of("a"), of("b"), of("b"), of("c", "Let's Encrypt", 89)});
  CHECK_FALSE(seen.at("shop").issuer_changed);
  CHECK_FALSE(seen.at("shop").lifetime_changed);
  CHECK(was_seen(seen, "shop", of("a")));
  CHECK(was_seen(seen, "shop", of("c")));
  CHECK_FALSE(was_seen(seen, "shop", of("d")));
  CHECK_FALSE(was_seen(seen, "mail", of("a")));
}

TEST_CASE("seen: another authority and another lifetime stay told for seven days") {
  SeenCertificates seen = after({of("a"), of("b", "Another Authority", 45)});
  CHECK(seen["shop"].issuer_changed == epoch);
  CHECK(seen["shop"].former_issuer == "Let's Encrypt");
  CHECK(seen["shop"].lifetime_changed == epoch);
  CHECK(seen["shop"].former_lifetime == 90 * day);
  note_seen(seen, "shop", of("b", "Another Authority", 45), epoch + 6 * day);
  CHECK(seen["shop"].issuer_changed == epoch);
  note_seen(seen, "shop", of("b", "Another Authority", 45), epoch + 7 * day);
  CHECK_FALSE(seen["shop"].issuer_changed);
  CHECK_FALSE(seen["shop"].lifetime_changed);
}

TEST_CASE("seen: a change is not kept by a clock that went back") {
  SeenCertificates seen = after({of("a"), of("b", "Another Authority")});
  note_seen(seen, "shop", of("b", "Another Authority"), epoch - 100 * day);
  CHECK_FALSE(seen["shop"].issuer_changed);
}

TEST_CASE("seen: the newest six are known again") {
  SeenCertificates seen;
  for (const char* fingerprint : {"1", "2", "3", "4", "5", "6", "7"}) note_seen(seen, "shop", of(fingerprint), epoch);
  CHECK_FALSE(was_seen(seen, "shop", of("1")));
  CHECK(was_seen(seen, "shop", of("2")));
  CHECK(seen["shop"].fingerprints.front() == "7");
}

TEST_CASE("seen: what was told is bounded, and stands without a certificate, too") {
  SeenCertificates seen;
  const Told told{.state = maintain::sdk::State::critical, .code = "letsencrypt.served_old", .title = "old",
                  .detail = std::string(100'000, 'x'), .action = "Reload it.", .certificate = "shop", .at = epoch};
  note_told(seen, "shop.example.org 192.0.2.7:443", std::vector<Told>(9, told), epoch);
  const SeenCertificates back = seen_from_json(Json::parse(to_json(seen).dump()));
  REQUIRE(back.size() == 1);
  REQUIRE(back.begin()->second.told.size() == 4);
  const Told& one = back.begin()->second.told.front();
  CHECK(one.state == maintain::sdk::State::critical);
  CHECK(one.detail.size() < 1000);
  CHECK(one.certificate == "shop");
  CHECK(one.at == epoch);
  CHECK(seen_from_json(Json::parse(R"({"a": {"told": [1, {"code": "x", "title": "y"}, {"code": []}]}})")).empty());
}

TEST_CASE("seen: what is kept comes back") {
  const SeenCertificates seen = after({of("a"), of("b", "Another Authority", 45)});
  const SeenCertificates back = seen_from_json(Json::parse(to_json(seen).dump()));
  CHECK(to_json(back) == to_json(seen));
  CHECK(back.at("shop").fingerprints == std::vector<std::string>{"b", "a"});
  CHECK(back.at("shop").former_lifetime == 90 * day);
}

TEST_CASE("seen: a damaged state is as if it were not there") {
  CHECK(seen_from_json(Json()).empty());
  CHECK(seen_from_json(Json::array({1})).empty());
  CHECK(seen_from_json(Json::parse(R"({"a": 1, "b": {"lifetime": 5}, "c": {"lifetime": -1, "fingerprints": ["x"]},
                                       "d": {"lifetime": 5, "fingerprints": [1]}})")).empty());
  const auto seen = seen_from_json(Json::parse(
      R"({"a": {"lifetime": 5, "fingerprints": ["x"], "issuer": 7, "issuer_changed": "soon",
                "lifetime_changed": 1e30}})"));
  REQUIRE(seen.size() == 1);
  CHECK_FALSE(seen.at("a").issuer_changed);
  CHECK_FALSE(seen.at("a").lifetime_changed);
}
