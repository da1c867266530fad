#include "backup/second_place.hpp"

#include <catch2/catch.hpp>

#include "backup/testing.hpp"

using namespace maintain;
using namespace maintain::testing;

namespace {

const TaskKey orders{"web1", "shop", "orders"};
constexpr Seconds two_days = std::chrono::hours(48);

void add(const std::filesystem::path& backups, Time now, const std::string& content) {
  TaskCopies copies(backups, orders);
  auto draft = copies.begin({"orders", "postgresql"}, now, never_interrupted);
  REQUIRE(draft);
  REQUIRE(draft->create("orders.dump"));
  REQUIRE(draft->write(content));
  REQUIRE(draft->close());
  CopyFacts facts;
  facts.verified = {{"pg_restore --list", "", {}}};
  REQUIRE(draft->commit(facts, now, never_interrupted));
}

}  // namespace

TEST_CASE("second_place: what was sent is remembered") {
  const SentCopy sent{"20261129T010203Z", "16cb937b", at("2026-11-29T03:00:00Z")};
  CHECK(parse_sent_copy(encode_sent_copy(sent)) == sent);
  CHECK_FALSE(parse_sent_copy("{"));
  CHECK_FALSE(parse_sent_copy("[]"));
  CHECK_FALSE(parse_sent_copy(R"({"copy":"20261129T010203Z","snapshot":"16cb937b","seen":7})"));
  CHECK_FALSE(parse_sent_copy(R"({"copy":"../x","snapshot":"16cb937b","seen":"2026-11-29T03:00:00Z"})"));
  CHECK_FALSE(parse_sent_copy(R"({"copy":"20261129T010203Z","snapshot":"","seen":"2026-11-29T03:00:00Z"})"));
}

TEST_CASE("second_place: until a copy was sent, the oldest one waits") {
  const TemporaryDirectory scratch;
  const Time now = at("2026-11-29T12:00:00Z");
  add(scratch.path(), now - std::chrono::hours(30), "rows");
  add(scratch.path(), now - std::chrono::hours(6), "more rows");
  add(scratch.path(), now - std::chrono::hours(1), "");  // quarantined
  auto status = second_status(scratch.path(), orders, two_days, now);
  REQUIRE(status);
  CHECK(status->max_age == two_days);
  CHECK_FALSE(status->in_step);
  CHECK(status->waiting_since == now - std::chrono::hours(30));

  const auto directory = copies_directory(scratch.path(), orders);
  REQUIRE(keep_sent_copy(directory, {"20261129T060000Z", "16cb937b", now - std::chrono::hours(2)}));
  CHECK(second_status(scratch.path(), orders, two_days, now)->in_step == now - std::chrono::hours(2));
  CHECK_FALSE(second_status(scratch.path(), orders, two_days, now - std::chrono::hours(3))->in_step);
  CHECK(TaskCopies(scratch.path(), orders).list()->size() == 3);
}
