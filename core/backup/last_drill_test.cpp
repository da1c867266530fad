#include "backup/last_drill.hpp"

#include <catch2/catch.hpp>

#include "backup/testing.hpp"

using namespace maintain;
using namespace maintain::testing;

TEST_CASE("last_drill: what a drill left is read, wherever it stands") {
  const auto plain = parse_drill(R"({"time_ms":1795914123999,"ok":true,"seconds":41.5})");
  REQUIRE(plain);
  CHECK(plain->when == at("2026-11-29T01:02:03Z"));
  CHECK(plain->passed);
  CHECK(plain->took == Milliseconds(41'500));
  const auto state = parse_drill(R"({"last":{"time_ms":1795914123000,"passed":false,"copy":"x"}})");
  REQUIRE(state);
  CHECK(state->when == at("2026-11-29T01:02:03Z"));
  CHECK_FALSE(state->passed);
  CHECK_FALSE(state->took);
}

TEST_CASE("last_drill: what has another form is no drill") {
  for (const char* text :
       {"", "[]", "{}", "null", R"({"last":null})", R"({"time_ms":1})", R"({"ok":true})",
        R"({"time_ms":"1","ok":true})", R"({"time_ms":1.5,"ok":true})", R"({"time_ms":1,"ok":1})",
        R"({"time_ms":-1,"ok":true})",
        R"({"time_ms":9223372036854775807,"ok":true})", R"({"time_ms":18446744073709551615,"ok":true})"}) {
    INFO(text);
    CHECK_FALSE(parse_drill(text));
  }
  for (const char* seconds : {"-1", "1e300", "\"4\"", "null"}) {
    INFO(seconds);
    const auto drill = parse_drill(std::string(R"({"time_ms":1,"ok":true,"seconds":)") + seconds + "}");
    REQUIRE(drill);
    CHECK_FALSE(drill->took);
  }
}

TEST_CASE("last_drill: it stands beside the copies, or nowhere") {
  const TemporaryDirectory directory;
  CHECK_FALSE(read_last_drill(directory.path()));
  write(directory.path() / "_drill.json", R"({"time_ms":0,"ok":true,"seconds":3})");
  REQUIRE(read_last_drill(directory.path()));
  CHECK(read_last_drill(directory.path())->took == Milliseconds(3000));
  write(directory.path() / "_drill.json", std::string(100'000, ' ') + R"({"time_ms":0,"ok":true})");
  CHECK_FALSE(read_last_drill(directory.path()));
}
