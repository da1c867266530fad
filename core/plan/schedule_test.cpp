#include "plan/schedule.hpp"

#include <catch2/catch.hpp>

using namespace maintain;
using namespace std::chrono_literals;

namespace {

Time at(const std::string& text) { return parse_time(text).value(); }

TaskSpec spec(const std::string& when, const std::string& zone = "UTC", std::optional<Seconds> window = {}) {
  TaskSpec task{"reboot", "reboot.if_needed", when, zone};
  task.window = window;
  return task;
}

std::vector<std::string> local(const TaskSpec& task, const std::string& from, int n) {
  std::vector<std::string> lines;
  for (const Occurrence& occurrence : next_occurrences(task, at(from), n)) lines.push_back(occurrence.local);
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("the next runs are told as the clock on the wall shows them") {
  CHECK(local(spec("30 2 * * *", "Europe/Berlin"), "2026-10-23T12:00:00Z", 3) ==
        Lines{"Sat 2026-10-24 02:30 CEST", "Sun 2026-10-25 02:30 CEST", "Mon 2026-10-26 02:30 CET"});
  const auto first = next_occurrences(spec("20 20 * * *"), at("2026-11-22T20:20:00Z"), 1);
  REQUIRE(first.size() == 1);
  CHECK(first[0].start == at("2026-11-23T20:20:00Z"));  // the moment itself has begun
  CHECK_FALSE(first[0].end);
}

TEST_CASE("the next windows begin with the open one") {
  CHECK(local(spec("6 21 * * sun,tue", "Europe/Berlin", 30min), "2026-11-22T20:10:00Z", 2) ==
        Lines{"Sun 2026-11-22 21:06 CET to 21:36 CET", "Tue 2026-11-24 21:06 CET to 21:36 CET"});
  CHECK(local(spec("30 23 * * sun", "UTC", 2h), "2026-11-20T00:00:00Z", 1) ==
        Lines{"Sun 2026-11-22 23:30 UTC to 2026-11-23 01:30 UTC"});
  // Half an hour is half an hour, also when the clocks are set back in it.
  CHECK(local(spec("45 2 * * *", "Europe/Berlin", 30min), "2026-10-24T12:00:00Z", 1) ==
        Lines{"Sun 2026-10-25 02:45 CEST to 02:15 CET"});
}

TEST_CASE("there may be no further run") {
  CHECK(next_occurrences(spec(""), at("2026-11-22T20:20:00Z"), 5).empty());
  CHECK(next_occurrences(spec("nonsense"), at("2026-11-22T20:20:00Z"), 5).empty());
  CHECK(next_occurrences(spec("@daily", "Mars/Olympus"), at("2026-11-22T20:20:00Z"), 5).empty());
  CHECK(next_occurrences(spec("@daily"), at("2026-11-22T20:20:00Z"), -1).empty());
  CHECK(next_occurrences(spec("@daily"), at("2026-11-22T20:20:00Z"), 1'000'000).size() == 1000);
}

TEST_CASE("a wrong cron line or zone is an error") {
  CHECK_FALSE(Schedule::of(spec("61 * * * *")));
  const auto schedule = Schedule::of(spec("@daily", "Europe/Berln"));
  REQUIRE_FALSE(schedule);
  CHECK_THAT(schedule.error().describe(), Catch::Contains("'Europe/Berln' is not known"));
}
