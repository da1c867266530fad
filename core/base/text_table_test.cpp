#include "base/text_table.hpp"

#include <catch2/catch.hpp>

TEST_CASE("columns are as wide as their content, counted in characters") {
  maintain::TextTable table({"server", "state"});
  table.add({"web1", "ok"});
  table.add({"münchen-db", ""});
  CHECK(table.render() == "server      state\nweb1        ok\nmünchen-db\n");
}

TEST_CASE("surplus cells are the caller's mistake") {
  maintain::TextTable table({"one"});
  CHECK_THROWS_AS(table.add({"a", "b"}), std::logic_error);
}
