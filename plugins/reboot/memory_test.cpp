#include "reboot/memory.hpp"

#include <catch2/catch.hpp>

using namespace maintain::plugins;
using namespace maintain::plugins::reboot;
using maintain::sdk::Json;

namespace {

ServerSnapshot two_units() {
  ServerSnapshot snapshot;
  snapshot.units.items = {{.name = "a.service", .active = "active", .sub = "running"},
                          {.name = "b.service", .active = "active", .sub = "running"}};
  snapshot.containers.absent = true;
  return snapshot;
}

ServerSnapshot without(const char* name) {
  ServerSnapshot snapshot = two_units();
  std::erase_if(snapshot.units.items, [&](const Unit& unit) { return unit.name == name; });
  return snapshot;
}

}  // namespace

TEST_CASE("the memory comes back as it was written") {
  Memory memory;
  memory.needed_since = Moment(std::chrono::hours(3));
  memory.useless_kernel = "6.1.0-30-amd64";
  memory.order = Order{.stage = Stage::refused, .at = Moment(std::chrono::hours(4)), .window_end = {},
                       .boot = {.id = "x", .first_process = "1", .kernel = "6", .kernel_version = "#1"},
                       .expected_kernel = "k", .expected_package = "p", .reasons = {"libc6"}, .before = two_units(),
                       .back_at = Moment(std::chrono::hours(5)), .after_ran = true, .group = "db"};
  memory.after_pending = true;
  memory.watch = make_watch(two_units(), compare(two_units(), without("a.service")), Moment{});
  REQUIRE(memory.watch);
  const Json document = memory_to_json(memory);
  CHECK(memory_to_json(memory_from_json(document)) == document);
  CHECK(document.at("watch").at("before").at("units").at("items").size() == 1);
}

TEST_CASE("a damaged order is an order, never none") {
  CHECK(memory_from_json({{"order", 5}}).order->stage == Stage::ordered);
  CHECK(memory_from_json({{"order", Json::object()}}).order->boot.id.empty());
  CHECK_FALSE(memory_from_json(Json::array()).order);
  CHECK_FALSE(memory_from_json({{"watch", "x"}, {"needed_since", "y"}}).needed_since);
}

TEST_CASE("only what is watched is told again, and only while it lasts") {
  const auto watch = make_watch(two_units(), compare(two_units(), without("a.service")), Moment{});
  REQUIRE(watch);
  CHECK(still_there(*watch, two_units()).empty());
  CHECK(still_there(*watch, without("b.service")).empty());
  REQUIRE(still_there(*watch, without("a.service")).size() == 1);
  ServerSnapshot failed = two_units();
  failed.units.items[0].active = "failed";
  CHECK(still_there(*watch, failed).size() == 1);
  ServerSnapshot unreadable;
  unreadable.units.problem = "exit status 1";
  CHECK(still_there(*watch, unreadable).size() == 1);
}

TEST_CASE("what was broken by two reboots is watched together") {
  auto first = make_watch(two_units(), compare(two_units(), without("a.service")), Moment{});
  auto second = make_watch(two_units(), compare(two_units(), without("b.service")), Moment{});
  const auto both = merge(first, second);
  REQUIRE(both);
  CHECK(still_there(*both, ServerSnapshot{}).size() == 2);
  CHECK(merge(std::nullopt, second)->names == second->names);
  CHECK_FALSE(merge(std::nullopt, std::nullopt));
}
