#include "backup/retention.hpp"

#include <catch2/catch.hpp>

#include <fstream>

#include <nlohmann/json.hpp>

using namespace maintain;

namespace {

std::chrono::local_seconds utc(Time time) { return std::chrono::local_seconds(time.time_since_epoch()); }

std::vector<Time> times(const std::vector<const char*>& texts) {
  std::vector<Time> all;
  for (const char* text : texts) all.push_back(*parse_time(text));
  return all;
}

}  // namespace

TEST_CASE("retention: keeps what restic keeps") {
  std::ifstream cases(MAINTAIN_TESTDATA "/restic_forget.jsonl");
  REQUIRE(cases);
  int count = 0;
  for (std::string line; std::getline(cases, line); ++count) {
    const auto json = nlohmann::json::parse(line);
    std::vector<Time> moments;
    for (const auto& one : json["times"]) moments.emplace_back(Seconds(one.get<std::int64_t>()));
    const auto policy = parse_retention_policy(json["policy"].dump());
    INFO(line);
    REQUIRE(policy);
    const std::vector<Fate> fates = apply_policy(moments, *policy, utc);
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < fates.size(); ++i)
      if (fates[i].keep) kept.push_back(i);
    CHECK(kept == json["keep"].get<std::vector<std::size_t>>());
  }
  CHECK(count >= 200);
}

TEST_CASE("retention: says why") {
  RetentionPolicy policy;
  policy.last = 1;
  policy.daily = 2;
  policy.within = CalendarSpan{0, 0, 0, 2};
  const auto fates = apply_policy(
      times({"2026-11-29T10:00:00Z", "2026-11-29T09:00:00Z", "2026-11-28T09:00:00Z", "2026-11-27T09:00:00Z"}), policy,
      utc);
  CHECK(fates[0].reasons == std::vector<std::string>{"within 2h", "last 1 of 1", "daily 1 of 2"});
  CHECK(fates[1].reasons == std::vector<std::string>{"within 2h"});
  CHECK(fates[2].reasons == std::vector<std::string>{"daily 2 of 2"});
  CHECK_FALSE(fates[3].keep);
  CHECK(fates[3].reasons == std::vector<std::string>{"no rule keeps it"});
}

TEST_CASE("retention: -1 keeps all, and days begin where the wall clock says") {
  RetentionPolicy policy;
  policy.daily = -1;
  const auto moments = times({"2026-11-29T00:30:00Z", "2026-11-28T23:30:00Z", "2026-11-28T22:30:00Z"});
  const auto in_utc = apply_policy(moments, policy, utc);
  CHECK(in_utc[0].keep);
  CHECK(in_utc[1].keep);
  CHECK_FALSE(in_utc[2].keep);
  const auto in_berlin = apply_policy(moments, policy, [](Time time) { return utc(time) + std::chrono::hours(1); });
  CHECK(in_berlin[0].keep);
  CHECK_FALSE(in_berlin[1].keep);
  CHECK(in_berlin[2].keep);
}

TEST_CASE("retention: a span that the calendar has no day for runs over, as restic's does") {
  RetentionPolicy policy;
  policy.within = CalendarSpan{0, 1, 0, 0};  // one month before March 31 is "February 31", March 3
  const auto fates = apply_policy(times({"2026-03-31T12:00:00Z", "2026-03-03T12:00:01Z", "2026-03-03T12:00:00Z"}),
                                  policy, utc);
  CHECK(fates[1].keep);
  CHECK_FALSE(fates[2].keep);
}

TEST_CASE("retention: policies are read strictly") {
  CHECK(parse_retention_policy(R"({"daily": 7, "within": "1y5m7d2h"})")->within == CalendarSpan{1, 5, 7, 2});
  for (const char* wrong : {"", "[]", "{}", R"({"daily": 0})", R"({"daily": "7"})", R"({"dayly": 7})",
                            R"({"daily": -2})", R"({"within": "7"})", R"({"within": "7w"})", R"({"within": "1d1d"})",
                            R"({"within": 7})", R"({"within": "0d"})", R"({"within": ""})"}) {
    INFO(wrong);
    const auto policy = parse_retention_policy(wrong);
    REQUIRE_FALSE(policy);
    CHECK(policy.error().kind == ErrorKind::configuration);
  }
}

TEST_CASE("retention: without copies there is nothing to say") {
  RetentionPolicy policy;
  policy.last = 3;
  CHECK(apply_policy({}, policy, utc).empty());
}
