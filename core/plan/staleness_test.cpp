#include "plan/staleness.hpp"

#include <catch2/catch.hpp>

using namespace maintain;
using namespace std::chrono_literals;

TEST_CASE("a success older than max_age is a finding") {
  const Time now = parse_time("2026-11-22T20:20:00Z").value();
  TaskSpec spec{"orders", "backup.database", "20 20 * * *"};
  TaskRecord record;
  record.last_success = now - 36h;
  CHECK_FALSE(staleness(spec, record, now));  // no promise

  spec.max_age = 36h;
  CHECK_FALSE(staleness(spec, record, now));
  const auto stale = staleness(spec, record, now + 1s);
  REQUIRE(stale);
  CHECK(stale->state == State::critical);
  CHECK(stale->code == "task.stale");
  CHECK(stale->title == "orders: the last success is 1d 12h old, more than 1d 12h");

  spec.severity = State::warning;
  CHECK(staleness(spec, record, now + 1s)->state == State::warning);
  spec.enabled = false;
  CHECK_FALSE(staleness(spec, record, now + 1s));
}

TEST_CASE("a task that never succeeded is stale once it was attempted") {
  const Time now = parse_time("2026-11-22T20:20:00Z").value();
  TaskSpec spec{"orders", "backup.database", "20 20 * * *"};
  spec.max_age = 36h;
  TaskRecord record;
  CHECK_FALSE(staleness(spec, record, now));
  record.last_attempt = now - 1h;
  CHECK(staleness(spec, record, now)->title == "orders: has never succeeded, should do so every 1d 12h");
}
