#include "plan/cron.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "base/text.hpp"

using namespace maintain;

namespace {

Time at(const std::string& text) { return parse_time(text).value(); }

CronExpression cron(const std::string& text) {
  const Result<CronExpression> parsed = CronExpression::parse(text);
  INFO(text << ": " << (parsed ? "" : parsed.error().describe()));
  REQUIRE(parsed);
  return *parsed;
}

Error refused(const std::string& text) {
  const Result<CronExpression> parsed = CronExpression::parse(text);
  INFO(text);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().kind == ErrorKind::configuration);
  return parsed.error();
}

std::string next(const std::string& expression, const std::string& after, const std::string& zone = "UTC") {
  const std::optional<Time> time = cron(expression).next(at(after), zone);
  return time ? format_time(*time) : "none";
}

std::string previous(const std::string& expression, const std::string& moment, const std::string& zone = "UTC") {
  const std::optional<Time> time = cron(expression).previous(at(moment), zone);
  return time ? format_time(*time) : "none";
}

}  // namespace

TEST_CASE("agrees with croniter on random expressions and moments", "[croniter]") {
  const char* fresh = std::getenv("MAINTAIN_CRONITER_CASES");  // set by tests/oracle/croniter_live.py
  std::ifstream cases(fresh != nullptr ? fresh : MAINTAIN_TESTDATA "/croniter.tsv");
  REQUIRE(cases);
  int checked = 0;
  for (std::string line; std::getline(cases, line); ++checked) {
    const std::vector<std::string> cells = split(line, '\t');
    INFO(line);
    if (cells.size() == 2) {
      CHECK_FALSE(CronExpression::parse(cells[0]));
      continue;
    }
    REQUIRE(cells.size() == 4);
    const auto moment = [&](std::size_t i) { return Time{Seconds{std::stoll(cells[i])}}; };
    const CronExpression expression = cron(cells[0]);
    CHECK(expression.next(moment(1), "UTC") == moment(2));
    CHECK(expression.previous(moment(1), "UTC") == moment(3));
  }
  CHECK(checked > 2000);
}

TEST_CASE("next is strictly after, previous includes the moment") {
  CHECK(next("20 20 * * *", "2026-11-22T20:20:00Z") == "2026-11-23T20:20:00Z");
  CHECK(next("20 20 * * *", "2026-11-22T20:19:59Z") == "2026-11-22T20:20:00Z");
  CHECK(previous("20 20 * * *", "2026-11-22T20:20:00Z") == "2026-11-22T20:20:00Z");
  CHECK(previous("20 20 * * *", "2026-11-22T20:19:59Z") == "2026-11-21T20:20:00Z");
}

TEST_CASE("rare dates are found over the years") {
  CHECK(next("0 0 29 2 *", "2026-01-01T00:00:00Z") == "2028-02-29T00:00:00Z");
  CHECK(next("0 0 29 2 *", "2096-03-01T00:00:00Z") == "2104-02-29T00:00:00Z");
  CHECK(previous("0 0 29 2 *", "2104-02-28T00:00:00Z") == "2096-02-29T00:00:00Z");
  CHECK(previous("0 0 31 * *", "2026-03-30T00:00:00Z") == "2026-01-31T00:00:00Z");
}

TEST_CASE("previous knows leap years, unlike croniter") {
  CHECK(previous("0 0 29 * *", "2024-03-15T00:00:00Z") == "2024-02-29T00:00:00Z");
  CHECK(previous("0 0 * 2 *", "2024-03-15T00:00:00Z") == "2024-02-29T00:00:00Z");
}

TEST_CASE("day of month and day of week are alternatives when both are restricted") {
  // The 13th, and every Friday. 2026-11-22 is a Sunday.
  CHECK(next("0 0 13 * fri", "2026-11-22T00:00:00Z") == "2026-11-27T00:00:00Z");
  CHECK(next("0 0 13 * fri", "2026-12-11T00:00:00Z") == "2026-12-13T00:00:00Z");
  // A step restricts: the odd days, and every Monday (2026-11-30).
  CHECK(next("0 0 */2 * 1", "2026-11-29T00:00:00Z") == "2026-11-30T00:00:00Z");
  // A field that allows everything restricts nothing, however it is written.
  CHECK(next("0 0 1-31 * mon", "2026-11-24T00:00:00Z") == "2026-11-30T00:00:00Z");
  CHECK(next("0 0 1 * 0-7", "2026-11-24T00:00:00Z") == "2026-12-01T00:00:00Z");
  CHECK(next("0 0 *,5 * mon", "2026-11-24T00:00:00Z") == "2026-11-30T00:00:00Z");
  // February never has a 31st, but it has Mondays.
  CHECK(next("0 0 31 2 mon", "2026-01-01T00:00:00Z") == "2026-02-02T00:00:00Z");
}

TEST_CASE("dates that never come are refused") {
  for (const char* text : {"0 0 31 2 *", "0 0 30 feb *", "0 0 31 4,6,9,11 *", "0 0 31 2 0-6"}) {
    CHECK_THAT(refused(text).message, Catch::Contains("never comes"));
  }
}

TEST_CASE("errors name the field and the remedy") {
  CHECK(refused("61 * * * *").describe() ==
        "cron line '61 * * * *', minute: 61 is out of range (it takes 0 to 59)");
  CHECK(refused("0 0 * * mnday").describe() ==
        "cron line '0 0 * * mnday', day of week: 'mnday' is not understood (it takes 0 to 7, or sun to sat)");
  CHECK(refused("0 0 * * fri-mon").describe() ==
        "cron line '0 0 * * fri-mon', day of week: the range fri-mon runs backwards "
        "(write two ranges: fri-7,0-mon)");
  CHECK_THAT(refused("0 22-3 * * *").hint, Catch::Contains("22-23,0-3"));
  CHECK_THAT(refused("0 0 L * *").message, Catch::Contains("'L', the last one, is not supported"));
  CHECK_THAT(refused("0 0 * * mon#1").message, Catch::Contains("('#') is not supported"));
  CHECK_THAT(refused("0 0 * * 5L").message, Catch::Contains("'L'"));
  CHECK_THAT(refused("0 0 15W * *").message, Catch::Contains("'W'"));
  CHECK_THAT(refused("H H * * *").message, Catch::Contains("('H', 'R')"));
  CHECK_THAT(refused("0 0 ? * 1").message, Catch::Contains("'?'"));
  CHECK_THAT(refused("0 0 0 * * *").message, Catch::Contains("6 fields instead of 5; seconds"));
  CHECK_THAT(refused("0 0 * *").message, Catch::Contains("4 fields instead of 5"));
  CHECK_THAT(refused("").message, Catch::Contains("0 fields"));
  CHECK_THAT(refused("@reboot").hint, Catch::Contains("@hourly"));
  CHECK_THAT(refused("1-5/0 * * * *").message, Catch::Contains("no usable step"));
  CHECK_THAT(refused("99999999999999999999 * * * *").message, Catch::Contains("out of range"));
  CHECK_THAT(refused("0 0 * * *\x1b[2J").message, Catch::Contains("strange character"));
  CHECK_THAT(refused(std::string(2000, '*')).message, Catch::Contains("too long"));
}

TEST_CASE("what the error suggests for a backward range is accepted") {
  CHECK(next("0 0 * * fri-7,0-mon", "2026-11-24T00:00:00Z") == "2026-11-27T00:00:00Z");
  CHECK(next("0 0 * * fri-sun", "2026-11-28T12:00:00Z") == "2026-11-29T00:00:00Z");
}

TEST_CASE("white space and case do not matter") {
  CHECK(next("  0\t0  * JAN  Mon ", "2026-11-24T00:00:00Z") == "2027-01-04T00:00:00Z");
  CHECK(next(" @Weekly ", "2026-11-24T00:00:00Z") == "2026-11-29T00:00:00Z");
}

TEST_CASE("moments outside the calendar give nothing") {
  const CronExpression expression = cron("* * * * *");
  CHECK_FALSE(expression.next(Time::max(), "UTC"));
  CHECK_FALSE(expression.previous(Time::min(), "UTC"));
  CHECK_FALSE(expression.next(at("2026-11-22T00:00:00Z"), "Middle/Earth"));
}

// What happens around each transition, as local schedule -> moments in UTC.
struct Transition {
  const char* what;
  const char* zone;
  const char* expression;
  const char* after;
  std::vector<std::string> runs;
};

TEST_CASE("schedules around daylight saving transitions") {
  const Transition table[] = {
      {"before and after the gap", "Europe/Berlin", "0 1,4 * * *", "2026-03-29T00:00:00Z",
       {"2026-03-29T02:00:00Z", "2026-03-29T23:00:00Z"}},
      {"skipped 02:30 runs when the gap ends", "Europe/Berlin", "30 2 * * *", "2026-03-28T12:00:00Z",
       {"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}},
      {"several skipped times are one run", "Europe/Berlin", "*/10 2 * * *", "2026-03-29T00:00:00Z",
       {"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"}},
      {"a skipped time and the end of the gap are one run", "Europe/Berlin", "30 2,3 * * *", "2026-03-29T00:00:00Z",
       {"2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"}},
      {"repeated 02:30 runs once, the first time", "Europe/Berlin", "30 2 * * *", "2026-10-24T12:00:00Z",
       {"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
      {"a repeated hour is not run again", "Europe/Berlin", "0,30 * * * *", "2026-10-25T00:15:00Z",
       {"2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z"}},
      {"asked within the repetition", "Europe/Berlin", "*/15 * * * *", "2026-10-25T01:07:00Z",
       {"2026-10-25T02:00:00Z"}},
      {"gap", "America/New_York", "30 2 * * *", "2026-03-07T12:00:00Z",
       {"2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"}},
      {"fold", "America/New_York", "30 1 * * *", "2026-10-31T12:00:00Z",
       {"2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"}},
      {"gap of half an hour", "Australia/Lord_Howe", "15 2 * * *", "2026-10-03T00:00:00Z",
       {"2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"}},
      {"outside the half hour", "Australia/Lord_Howe", "45 2 * * *", "2026-10-03T00:00:00Z",
       {"2026-10-03T15:45:00Z", "2026-10-04T15:45:00Z"}},
      {"fold of half an hour", "Australia/Lord_Howe", "45 1 * * *", "2026-04-04T00:00:00Z",
       {"2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"}},
      {"before the half hour's fold", "Australia/Lord_Howe", "15 1 * * *", "2026-04-04T00:00:00Z",
       {"2026-04-04T14:15:00Z", "2026-04-05T14:45:00Z"}},
      {"a whole day is skipped", "Pacific/Apia", "0 12 * * *", "2011-12-29T00:00:00Z",
       {"2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z", "2011-12-31T22:00:00Z"}},
      {"a task of the skipped day only", "Pacific/Apia", "0 12 30 12 *", "2011-12-01T00:00:00Z",
       {"2011-12-30T10:00:00Z", "2012-12-29T22:00:00Z"}},
      {"gap", "Pacific/Apia", "30 3 * * *", "2011-09-23T20:00:00Z",
       {"2011-09-24T14:00:00Z", "2011-09-25T13:30:00Z"}},
      {"fold", "Pacific/Apia", "30 3 * * *", "2012-03-31T00:00:00Z",
       {"2012-03-31T13:30:00Z", "2012-04-01T14:30:00Z"}},
  };
  for (const Transition& row : table) {
    const CronExpression expression = cron(row.expression);
    INFO(row.zone << " " << row.expression << " after " << row.after << ": " << row.what);
    std::optional<Time> time = at(row.after);
    for (const std::string& run : row.runs) {
      const Time before = *time;
      time = expression.next(before, row.zone);
      REQUIRE(time);
      CHECK(format_time(*time) == run);
      // previous agrees: at the run itself, and just before the one that follows
      CHECK(expression.previous(*time, row.zone) == time);
      const std::optional<Time> following = expression.next(*time, row.zone);
      REQUIRE(following);
      CHECK(expression.previous(*following - Seconds{1}, row.zone) == time);
    }
  }
}

TEST_CASE("next and previous mirror each other minute by minute across transitions") {
  for (const char* zone : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia",
                           "Asia/Kathmandu"}) {
    for (const char* text : {"*/7 * * * *", "30 2 * * *", "0,30 1-3 * * sun"}) {
      const CronExpression expression = cron(text);
      for (const char* around : {"2026-03-28T12:00:00Z", "2026-10-24T12:00:00Z", "2026-11-01T00:00:00Z",
                                 "2026-04-04T06:00:00Z", "2011-12-29T20:00:00Z"}) {
        std::optional<Time> last = expression.previous(at(around), zone);
        for (int minute = 0; minute < 36 * 60; ++minute) {
          const Time now = at(around) + std::chrono::minutes{minute};
          const std::optional<Time> before = expression.previous(now, zone);
          const std::optional<Time> following = expression.next(now, zone);
          if (!before || !following || *before > now || *following <= now || *before < *last ||
              expression.next(*before, zone) != following || expression.previous(*following, zone) != following) {
            FAIL(zone << " " << text << " at " << format_time(now));
          }
          last = before;
        }
      }
    }
  }
}
