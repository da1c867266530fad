#include "backup/kept_policy.hpp"

#include <catch2/catch.hpp>

#include "backup/testing.hpp"

using namespace maintain;
using namespace maintain::testing;

TEST_CASE("kept_policy: what was kept is read again, what is damaged is told") {
  const TemporaryDirectory directory;
  const auto none = read_kept_policy(directory.path());
  REQUIRE(none);
  CHECK_FALSE(none->has_value());
  const KeptPolicy policy{R"({"daily":7,"within":"2d"})", 4, "Europe/Berlin"};
  REQUIRE(keep_policy(directory.path(), policy));
  REQUIRE(keep_policy(directory.path(), policy));
  CHECK(**read_kept_policy(directory.path()) == policy);
  for (const char* text : {"", "[]", "{\"keep\":{}}", R"({"keep":{},"min_verified":3,"timezone":"UTC"})",
                           R"({"keep":{"last":1},"min_verified":0,"timezone":"UTC"})"}) {
    write(directory.path() / "_policy.json", text);
    const auto damaged = read_kept_policy(directory.path());
    REQUIRE_FALSE(damaged);
    CHECK(damaged.error().message.find("_policy.json is damaged") != std::string::npos);
  }
  REQUIRE(keep_policy(directory.path(), policy));
  CHECK(**read_kept_policy(directory.path()) == policy);
}
