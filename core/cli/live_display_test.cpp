#include "cli/live_display.hpp"

#include <catch2/catch.hpp>

#include "cli/log_line.hpp"

using namespace maintain;

TEST_CASE("a line about the run as such has no name in front") {
  CHECK(log_line({}, "asked to stop") == "asked to stop");
  CHECK(log_line({"web1", "", ""}, "connected") == "web1: connected");
  CHECK(log_line({"web1", "shop", "orders"}, "begins") == "web1/shop/orders: begins");
}
