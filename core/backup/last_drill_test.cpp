#include "backup/last_drill.hpp"

#include <catch2/catch.hpp>

#include "backup/testing.hpp"

using namespace maintain;
using namespace maintain::testing;

TEST_CASE("last_drill: what a drill left is read") {
  const auto passed = parse_drill(R"({"last":{"time_ms":1795914123999,"passed":true,"seconds":41.5}})");
  REQUIRE(passed);
  CHECK(passed->when == at("2026-11-29T01:02:03Z"));
  CHECK(passed->passed);
  CHECK(passed->took == Milliseconds(41'500));
  const auto failed = parse_drill(R"({"last":{"time_ms":1795914123000,"passed":false,"copy":"x"}})");
  REQUIRE(failed);
  CHECK(failed->when == at("2026-11-29T01:02:03Z"));
  CHECK_FALSE(failed->passed);
  CHECK_FALSE(failed->took);
}

TEST_CASE("last_drill: what has another form is no drill") {
  for (const char* text : {"", "[]", "{}", "null", R"({"last":null})", R"({"time_ms":1,"passed":true})"}) {
    INFO(text);
    CHECK_FALSE(parse_drill(text));
  }
  for (const char* last :
       {R"({"time_ms":1})", R"({"passed":true})", R"({"time_ms":"1","passed":true})",
        R"({"time_ms":1.5,"passed":true})", R"({"time_ms":1,"passed":1})", R"({"time_ms":-1,"passed":true})",
        R"({"time_ms":9223372036854775807,"passed":true})", R"({"time_ms":18446744073709551615,"passed":true})"}) {
    INFO(last);
    CHECK_FALSE(parse_drill(std::string(R"({"last":)") + last + "}"));
  }
  for (const char* seconds : {"-1", "1e300", "\"4\"", "null"}) {
    INFO(seconds);
    const auto drill = parse_drill(std::string(R"({"last":{"time_ms":1,"passed":true,"seconds":)") + seconds + "}}");
    REQUIRE(drill);
    CHECK_FALSE(drill->took);
  }
}
