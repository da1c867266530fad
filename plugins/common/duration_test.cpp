#include "common/duration.hpp"

#include <catch2/catch.hpp>

#include "common/duration_option.hpp"

using namespace maintain::plugins;
using namespace std::chrono_literals;

TEST_CASE("a duration is read whole or not at all") {
  CHECK(parse_duration("90s") == 90s);
  CHECK(parse_duration("1h30m") == 90min);
  CHECK(parse_duration("7d") == 168h);
  CHECK(parse_duration("0s") == 0s);
  for (const char* wrong : {"", "5", "m", "1h5", "5x", "-1s", "1 h", "99999999999999999999s", "9999w"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_duration(wrong));
  }
}

TEST_CASE("ages and spans are told in the units that people use") {
  CHECK(age_text(12 * 24h + 5h) == "12 days");
  CHECK(age_text(24h) == "1 day");
  CHECK(age_text(59s) == "59 seconds");
  CHECK(age_text(0s) == "0 seconds");
  CHECK(span_text(34s + 900ms) == "34s");
  CHECK(span_text(125s) == "2m 5s");
  CHECK(span_text(3h) == "3h");
  CHECK(span_text(52h) == "2d 4h");
}

TEST_CASE("a duration among the options is named by its place when it is none") {
  using maintain::sdk::InvalidOption;
  const maintain::sdk::Json options{{"age", "3d"}, {"settle", "soon"}};
  CHECK(duration_option(options, "age") == 72h);
  CHECK_FALSE(duration_option(options, "missing"));
  try {
    duration_option(options, "settle", "/limits/held");
    FAIL("accepted");
  } catch (const InvalidOption& problem) {
    CHECK(problem.path() == "/limits/held/settle");
  }
}
