#include "backup/second_place.hpp"

#include <catch2/catch.hpp>

#include "backup/testing.hpp"

using namespace maintain;
using namespace maintain::testing;

namespace {

constexpr Seconds two_days = std::chrono::hours(48);

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
  Scene scene;
  const Time now = at("2026-11-29T12:00:00Z");
  const auto add = [&](Seconds ago, const char* content) {
    scene.now = now - ago;
    scene.dump(content);
  };
  add(std::chrono::hours(30), "rows");
  add(std::chrono::hours(6), "more rows");
  add(std::chrono::hours(1), "");  // quarantined
  auto status = second_status(scene.backups, orders, two_days, now);
  REQUIRE(status);
  CHECK(status->max_age == two_days);
  CHECK_FALSE(status->in_step);
  CHECK(status->waiting_since == now - std::chrono::hours(30) + Seconds(5));  // that long it took

  const auto directory = copies_directory(scene.backups, orders);
  REQUIRE(keep_sent_copy(directory, {"20261129T060000Z", "16cb937b", now - std::chrono::hours(2)}));
  CHECK(second_status(scene.backups, orders, two_days, now)->in_step == now - std::chrono::hours(2));
  CHECK_FALSE(second_status(scene.backups, orders, two_days, now - std::chrono::hours(3))->in_step);
  CHECK(scene.ids().size() == 3);
}
