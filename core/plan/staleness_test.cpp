#include "plan/staleness.hpp"

#include <catch2/catch.hpp>

using namespace maintain;
using namespace std::chrono_literals;

namespace {
const Time now = parse_time("2026-11-22T20:20:00Z").value();
}

TEST_CASE("a success older than max_age is a finding") {
  TaskStatus status;
  status.key = {"web1", "shop", "orders"};
  status.record.last_success = now - 36h;
  CHECK_FALSE(staleness(status, now));  // no promise

  status.max_age = 36h;
  CHECK_FALSE(staleness(status, now));
  const auto stale = staleness(status, now + 1s);
  REQUIRE(stale);
  CHECK(stale->state == State::critical);
  CHECK(stale->code == "task.stale");
  CHECK(stale->title == "orders: the last success is 1d 12h old, more than 1d 12h");

  status.severity = State::warning;
  CHECK(staleness(status, now + 1s)->state == State::warning);
}

TEST_CASE("a task that never succeeded is stale when it has been known for too long") {
  TaskStatus status;
  status.key = {"web1", "shop", "orders"};
  status.max_age = 36h;
  CHECK_FALSE(staleness(status, now));
  status.first_seen = now - 36h;
  CHECK_FALSE(staleness(status, now));
  CHECK(staleness(status, now + 12h)->title == "orders: no success in the 2d since it was declared, more than 1d 12h");
}

TEST_CASE("a declared task is judged by its record, unless it is disabled") {
  TaskSpec spec{"orders", "backup.database", "20 20 * * *"};
  TaskRecord record;
  record.last_success = now - 37h;
  CHECK_FALSE(staleness(spec, record, now));
  spec.max_age = 36h;
  CHECK(staleness(spec, record, now));
  spec.enabled = false;
  CHECK_FALSE(staleness(spec, record, now));
}
