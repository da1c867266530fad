#include "model/names.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

TEST_CASE("every word of the model reads back") {
  for (const Outcome outcome : {Outcome::ok, Outcome::changed, Outcome::skipped, Outcome::failed, Outcome::unreachable,
                                Outcome::timed_out, Outcome::cancelled, Outcome::crashed})
    CHECK(parse_outcome(to_string(outcome)) == outcome);
  for (const State state : {State::ok, State::warning, State::critical, State::unknown})
    CHECK(parse_state(to_string(state)) == state);
  for (const Order order : {Order::very_first, Order::first, Order::middle, Order::last, Order::very_last})
    CHECK(parse_order(to_string(order)) == order);
  CHECK(parse_transport_kind("auto") == TransportKind::automatic);
  CHECK_FALSE(parse_outcome("fine"));
}

TEST_CASE("critical is worse than warning is worse than unknown is worse than ok") {
  CHECK(worst(State::unknown, State::warning) == State::warning);
  CHECK(worst(State::unknown, State::ok) == State::unknown);
  CHECK(worst(State::critical, State::unknown) == State::critical);
}

TEST_CASE("names that could leave a directory are not names") {
  CHECK(is_valid_name("orders"));
  CHECK(is_valid_name("0-a.b_c"));
  for (const char* wrong : {"", "..", ".a", "-a", "a/b", "A", "a b", "\xC3\xA9"}) CHECK_FALSE(is_valid_name(wrong));
  CHECK_FALSE(is_valid_name(std::string(101, 'a')));
}

TEST_CASE("a server may be named as people name servers, but not out of its directory") {
  for (const char* good : {"web1", "Web1", "Shop", "_x", "b\xC3\xBC" "cher.example.org"})
    CHECK(is_safe_directory_name(good));
  CHECK(is_safe_directory_name(std::string(200, 'a')));
  for (const char* wrong : {"", ".", "..", ".a", "-a", "a/b", "a\nb", "\x1b[31m", "\xFF"})
    CHECK_FALSE(is_safe_directory_name(wrong));
  CHECK_FALSE(is_safe_directory_name(std::string(201, 'a')));
}

TEST_CASE("a task of the unnamed project has no project in its name") {
  CHECK(to_string(TaskKey{"web1", "", "db_backup"}) == "web1/db_backup");
  CHECK(to_string(TaskKey{"web1", "shop", "orders"}) == "web1/shop/orders");
  CHECK(project_and_task({"web1", "", "db_backup"}) == "db_backup");
  CHECK(project_and_task({"web1", "shop", "orders"}) == "shop/orders");
}
