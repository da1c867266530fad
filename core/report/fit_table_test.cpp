#include "report/fit_table.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

namespace {

TableText sample() {
  return {{"SERVER", "TASK", "TYPE", "WHEN"},
          {{"web1.example.org", "shop/orders-nightly", "backup.database", "2026-11-22T13:00:00Z"}}};
}

}  // namespace

TEST_CASE("a table that fits stays as it is") {
  TableText table = sample();
  fit_table(table, 200, {"TYPE"}, {"SERVER", "TASK"});
  CHECK(table.headings == sample().headings);
  CHECK(table.rows == sample().rows);
}

TEST_CASE("first columns go, then the widest texts lose their ends") {
  TableText table = sample();
  fit_table(table, 60, {"TYPE"}, {"SERVER", "TASK"});
  CHECK(table.headings == std::vector<std::string>{"SERVER", "TASK", "WHEN"});
  CHECK(table.rows[0][1] == "shop/orders-nightly");
  fit_table(table, 52, {"TYPE"}, {"SERVER", "TASK"});
  CHECK(table.rows[0] == std::vector<std::string>{"web1.example.…", "shop/orders-n…", "2026-11-22T13:00:00Z"});
}

TEST_CASE("a terminal that is far too narrow ends it somewhere") {
  TableText table = sample();
  fit_table(table, 5, {"TYPE"}, {"SERVER", "TASK"});
  CHECK(table.rows[0] == std::vector<std::string>{"web1.exam…", "shop/orde…", "2026-11-22T13:00:00Z"});
}
