#include "run/run_lock.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "run/testing.hpp"

using namespace maintain;

TEST_CASE("a second run is told who is at it and since when") {
  const testing::TemporaryDirectory directory;
  const Time now = parse_time("2026-11-22T13:03:41Z").value();
  auto lock = take_run_lock(directory.path() / "state", now);
  REQUIRE(lock);
  const auto second = take_run_lock(directory.path() / "state", now + Seconds(60));
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == ErrorKind::busy);
  CHECK_THAT(second.error().message, Catch::Contains(std::to_string(::getpid())) && Catch::Contains("13:03:41"));
  lock->file.reset();
  CHECK(take_run_lock(directory.path() / "state", now));
}
