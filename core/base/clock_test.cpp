#include "base/clock.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

TEST_CASE("a deadline of any span is one") {
  CHECK_FALSE(Deadline::after(Milliseconds::max()).passed());
  CHECK(Deadline::after(Milliseconds::max()).remaining() > std::chrono::hours(24 * 365));
  CHECK(Deadline::after(Milliseconds::min()).passed());
  CHECK(Deadline::after(Milliseconds::zero()).passed());
}
