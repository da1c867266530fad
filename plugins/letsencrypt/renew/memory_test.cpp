// What the tasks remember between runs: failures, deploys, rehearsals.
#include <catch2/catch.hpp>

#include "letsencrypt/renew/deploy_memory.hpp"
#include "letsencrypt/renew/failure_memory.hpp"
#include "letsencrypt/renew/rehearsal_memory.hpp"

using namespace maintain::letsencrypt;
using namespace std::chrono_literals;
using maintain::sdk::Json;

namespace {

const Moment noon{1795694400s};  // 2026-11-22T12:00:00Z

FailureMemory failed_at(Moment began, std::optional<Moment> limited = {}, std::vector<std::string> names = {}) {
  FailureMemory memory;
  note_failure(memory,
               {.began = began, .attempt = "certbot", .error = "no route", .names = std::move(names),
                .limited_until = limited},
               {{"shop", "aa"}, {"mail", "bb"}});
  return memory;
}

}  // namespace

TEST_CASE("the pause after failed renewals doubles from one hour to a day") {
  CHECK(renewal_pause(1) == 1h);
  CHECK(renewal_pause(2) == 2h);
  CHECK(renewal_pause(5) == 16h);
  CHECK(renewal_pause(6) == 24h);
  CHECK(renewal_pause(100'000) == 24h);
  CHECK_FALSE(next_renewal({}, false));
}

TEST_CASE("a failed renewal waits, unless somebody asks for it or the command is another one") {
  const FailureMemory memory = failed_at(noon);
  const auto waits = [&](Moment now, bool by_hand, const char* attempt) {
    return renewal_waits_until(memory, now, by_hand, attempt, false);
  };
  CHECK(waits(noon + 15min, false, "certbot") == noon + 1h);
  CHECK_FALSE(waits(noon + 15min, true, "certbot"));
  CHECK_FALSE(waits(noon + 15min, false, "another"));
  CHECK_FALSE(waits(noon + 51min, false, "certbot"));
  CHECK_FALSE(waits(noon - 1h, false, "certbot"));  // the clock was wrong, or is
}

TEST_CASE("a rate limit is waited for, and no longer than authorities limit") {
  const FailureMemory memory = failed_at(noon, noon + 30h);
  CHECK(renewal_waits_until(memory, noon + 29h + 55min, false, "certbot", false) == noon + 30h);
  CHECK_FALSE(renewal_waits_until(memory, noon + 30h, false, "certbot", false));
  CHECK(failed_at(noon, noon + 9000h).limited_until == noon + 24h * 8);
  SECTION("but not by other certificates, which did not fail and are late") {
    CHECK(renewal_waits_until(memory, noon + 15min, false, "certbot", true) == noon + 1h);
    CHECK_FALSE(renewal_waits_until(memory, noon + 1h, false, "certbot", true));
  }
}

TEST_CASE("failures count in a row, from the first") {
  FailureMemory memory = failed_at(noon);
  note_failure(memory, {.began = noon + 1h, .attempt = "certbot", .error = "later"}, {});
  CHECK(memory.failures == 2);
  CHECK(memory.first == noon);
  CHECK(memory.last == noon + 1h);
  CHECK(memory.error == "later");
}

TEST_CASE("a certificate that failed and is another one now was renewed by somebody") {
  const FailureMemory any = failed_at(noon);
  const FailureMemory mail = failed_at(noon, {}, {"mail"});
  CHECK_FALSE(was_renewed_since(any, {{"shop", "aa"}, {"mail", "bb"}}));
  CHECK_FALSE(was_renewed_since(any, {{"mail", "bb"}}));              // one that is gone was not renewed,
  CHECK_FALSE(was_renewed_since(any, {{"shop", ""}, {"mail", "bb"}}));  // nor one that cannot be read
  CHECK(was_renewed_since(any, {{"shop", "a2"}, {"mail", "bb"}}));
  CHECK_FALSE(was_renewed_since(mail, {{"shop", "a2"}, {"mail", "bb"}}));
  CHECK(was_renewed_since(mail, {{"shop", "aa"}, {"mail", "b2"}}));
  CHECK_FALSE(was_renewed_since({}, {{"shop", "aa"}}));
}

TEST_CASE("what is remembered of failures comes back as it was") {
  const FailureMemory memory = failed_at(noon, noon + 30h, {"mail"});
  const FailureMemory back = failure_from_json(Json::parse(to_json(memory).dump()), noon + 1h);
  CHECK(back.failures == 1);
  CHECK(back.first == noon);
  CHECK(back.last == noon);
  CHECK(back.limited_until == noon + 30h);
  CHECK(back.error == "no route");
  CHECK(back.attempt == "certbot");
  CHECK(back.names == std::vector<std::string>{"mail"});
  CHECK(back.certificates == Fingerprints{{"mail", "bb"}});
  CHECK(to_json(FailureMemory{}).is_null());
}

TEST_CASE("a damaged memory of failures is none, and never one that stops renewals for ever") {
  const auto read = [](const char* text) { return failure_from_json(Json::parse(text), noon); };
  CHECK(read("null").failures == 0);
  CHECK(read("[1, 2]").failures == 0);
  CHECK(read(R"({"failures": "many", "last": 1})").failures == 0);
  CHECK(read(R"({"failures": 3})").failures == 0);
  CHECK(read(R"({"failures": 3, "last": 9223372036854775807})").failures == 0);
  CHECK(read(R"({"failures": 3, "last": 18446744073709551615})").failures == 0);
  CHECK(read(R"({"failures": -3, "last": 1})").failures == 0);
  const FailureMemory odd = read(R"({"failures": 18446744073709551615, "last": 1795690800000, "error": 7,
      "names": {"a": 1}, "certificates": [1], "limited_until": 9223372036854775807})");
  CHECK(odd.failures == 100'000);
  CHECK_FALSE(odd.limited_until);
  CHECK(odd.error.empty());
  CHECK(odd.names.empty());
  CHECK(renewal_waits_until(odd, noon, false, "", false) == noon + 23h);
}

TEST_CASE("what is remembered is bounded, and always text") {
  FailureMemory memory = failed_at(noon);
  memory.error.assign(100'000, 'x');
  memory.detail.assign(100'000, 'y');
  for (int i = 0; i < 1000; ++i) {
    memory.names.push_back("\xff" + std::to_string(i));
    memory.certificates["\xfe" + std::to_string(i)] = std::string(64, 'a');
  }
  CHECK(to_json(memory).dump().size() < 64UL << 10);
  DeployMemory deploys;
  for (int i = 0; i < 1000; ++i) note_attempt(deploys, "\xff" + std::to_string(i), std::string(64, 'a'), noon, 1, 0);
  CHECK(to_json(deploys).dump().size() < 64UL << 10);
}

TEST_CASE("deploys pause from a quarter of an hour to six hours") {
  CHECK(deploy_pause(1) == 15min);
  CHECK(deploy_pause(2) == 30min);
  CHECK(deploy_pause(5) == 4h);
  CHECK(deploy_pause(6) == 6h);
  CHECK(deploy_pause(100'000) == 6h);
}

TEST_CASE("a deploy that did not help is tried again after its pause, for another certificate at once") {
  DeployMemory memory;
  CHECK(may_deploy(memory, "shop", "aa", noon, false));
  note_attempt(memory, "shop", "aa", noon, 1, 0);
  CHECK_FALSE(may_deploy(memory, "shop", "aa", noon + 14min, false));
  CHECK(may_deploy(memory, "shop", "aa", noon + 15min, false));
  CHECK(may_deploy(memory, "shop", "aa", noon + 1min, true));
  CHECK(may_deploy(memory, "shop", "a2", noon + 1min, false));
  CHECK(may_deploy(memory, "mail", "aa", noon + 1min, false));
  CHECK(may_deploy(memory, "shop", "aa", noon - 1min, false));
}

TEST_CASE("the second deploy that does not help is news, and another certificate begins anew") {
  DeployMemory memory;
  note_attempt(memory, "shop", "aa", noon, 1, 0);
  CHECK_FALSE(is_news(memory, "shop"));
  note_attempt(memory, "shop", "aa", noon + 15min, 2, 0);
  CHECK(is_news(memory, "shop"));
  CHECK(memory.at("shop").status == 2);
  note_attempt(memory, "shop", "a2", noon + 30min, 0, 9);
  CHECK_FALSE(is_news(memory, "shop"));
  CHECK(memory.at("shop").attempts == 1);
  CHECK(memory.at("shop").signal == 9);
  CHECK_FALSE(is_news(memory, "mail"));
}

TEST_CASE("what is remembered of deploys comes back, and what is damaged does not") {
  DeployMemory memory;
  note_attempt(memory, "shop", "aa", noon, 1, 0);
  const DeployMemory back = deploy_from_json(Json::parse(to_json(memory).dump()), noon);
  REQUIRE(back.size() == 1);
  CHECK(back.at("shop").fingerprint == "aa");
  CHECK(back.at("shop").attempts == 1);
  CHECK(back.at("shop").last == noon);
  CHECK(back.at("shop").status == 1);
  for (const char* text : {"null", "[]", R"({"shop": 1})", R"({"shop": {"fingerprint": "aa", "attempts": 1}})",
                           R"({"shop": {"fingerprint": "", "attempts": 1, "last": 5}})",
                           R"({"shop": {"fingerprint": "aa", "attempts": 1, "last": 9223372036854775807}})"})
    CHECK(deploy_from_json(Json::parse(text), noon).empty());
}

TEST_CASE("rehearsals are due at first, then weekly or monthly, and a day after one that failed") {
  RehearsalMemory memory;
  CHECK(rehearsal_is_due(memory, Rehearse::monthly, noon, false));
  CHECK_FALSE(rehearsal_is_due(memory, Rehearse::never, noon, true));
  memory.last = noon;
  CHECK_FALSE(rehearsal_is_due(memory, Rehearse::weekly, noon + 24h * 6, false));
  CHECK(rehearsal_is_due(memory, Rehearse::weekly, noon + 24h * 7 - 30min, false));
  CHECK_FALSE(rehearsal_is_due(memory, Rehearse::monthly, noon + 24h * 29, true));
  CHECK(rehearsal_is_due(memory, Rehearse::monthly, noon + 24h * 30, false));
  CHECK(rehearsal_is_due(memory, Rehearse::monthly, noon - 1h, false));
  memory.failed = true;
  memory.error = "no route";
  CHECK_FALSE(rehearsal_is_due(memory, Rehearse::monthly, noon + 12h, false));
  CHECK(rehearsal_is_due(memory, Rehearse::monthly, noon + 12h, true));
  CHECK(rehearsal_is_due(memory, Rehearse::monthly, noon + 24h, false));
  const RehearsalMemory back = rehearsal_from_json(Json::parse(to_json(memory).dump()), noon + 12h);
  CHECK(back.last == noon);
  CHECK(back.failed);
  CHECK(back.error == "no route");
  CHECK_FALSE(rehearsal_from_json(Json::parse(R"({"last": "x", "failed": true})"), noon).failed);
}
