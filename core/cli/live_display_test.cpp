#include "cli/live_display.hpp"

#include <catch2/catch.hpp>

#include "cli/log_line.hpp"

using namespace maintain;

TEST_CASE("a line about the run as such has no name in front") {
  CHECK(log_line({}, "asked to stop") == "asked to stop");
  CHECK(log_line({"web1", "", ""}, "connected") == "web1: connected");
  CHECK(log_line({"web1", "shop", "orders"}, "begins") == "web1/shop/orders: begins");
}

TEST_CASE("nothing is redrawn on a terminal that cannot") {
  CHECK(can_be_redrawn("xterm-256color"));
  CHECK_FALSE(can_be_redrawn(nullptr));
  CHECK_FALSE(can_be_redrawn(""));
  CHECK_FALSE(can_be_redrawn("dumb"));
}

TEST_CASE("the last line does not call a fleet idle that was not reached") {
  const auto closing = [](int reached, int away) {
    LiveDisplay display(80, 24);
    display.run_started({}, static_cast<std::size_t>(reached + away));
    ServerReport report;
    report.contacted = true;
    for (int i = 0; i < reached; ++i) display.server_finished(report);
    report.contacted = false;
    report.error = Error{ErrorKind::unreachable, "no answer", {}, {}};
    for (int i = 0; i < away; ++i) display.server_finished(report);
    return display.closing_line(Seconds(3));
  };
  CHECK(closing(2, 0) == "2 servers, nothing due in 3s");
  CHECK(closing(0, 2) == "2 servers, 2 not reached, in 3s");
  CHECK(closing(1, 1) == "2 servers, 1 not reached, nothing due in 3s");
}
