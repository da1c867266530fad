#include "store/task_record.hpp"

#include <catch2/catch.hpp>

#include "store/testing.hpp"

using namespace maintain;
using maintain::testing::at;
using maintain::testing::commit_of;

namespace {

const Time monday = at("2026-11-23T20:20:00Z");
const TaskKey key{"web1", "shop", "orders"};

TaskCommit ended(Outcome outcome, Time started = monday) { return commit_of("r", key, outcome, started); }

TaskRecord failed_before() {
  TaskRecord record;
  record.last_success = monday - std::chrono::hours(48);
  record.last_attempt = monday - std::chrono::hours(1);
  record.last_outcome = Outcome::failed;
  record.failures_in_a_row = 3;
  return record;
}

}  // namespace

TEST_CASE("a success moves the mark to its start, so that a long run skips no occurrence") {
  TaskCommit commit = ended(GENERATE(Outcome::ok, Outcome::changed));
  commit.result.finished = monday + std::chrono::hours(5);
  const TaskRecord after = record_after(failed_before(), commit);
  CHECK(after.last_success == monday);
  CHECK(after.last_attempt == monday);
  CHECK(after.failures_in_a_row == 0);
}

TEST_CASE("a failure counts and keeps the mark") {
  const Outcome outcome = GENERATE(Outcome::failed, Outcome::unreachable, Outcome::timed_out, Outcome::crashed);
  const TaskRecord after = record_after(failed_before(), ended(outcome));
  CHECK(after.last_success == failed_before().last_success);
  CHECK(after.last_attempt == monday);
  CHECK(after.last_outcome == outcome);
  CHECK(after.failures_in_a_row == 4);
}

TEST_CASE("being deferred or cancelled neither counts nor starts the backoff anew") {
  const Outcome outcome = GENERATE(Outcome::skipped, Outcome::cancelled);
  const TaskRecord after = record_after(failed_before(), ended(outcome));
  CHECK(after.last_success == failed_before().last_success);
  CHECK(after.last_attempt == failed_before().last_attempt);
  CHECK(after.failures_in_a_row == 3);
  CHECK(after.last_outcome == outcome);
}

TEST_CASE("state is replaced only when a new one came") {
  TaskRecord before;
  before.state = R"({"n":1})";
  CHECK(record_after(before, ended(Outcome::ok)).state == R"({"n":1})");
  TaskCommit commit = ended(Outcome::failed);
  commit.new_state = R"({"n":2})";
  CHECK(record_after(before, commit).state == R"({"n":2})");
}
