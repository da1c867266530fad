#include "pydeps/classify/end_of_life.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace maintain::pydeps;
using namespace std::chrono_literals;

namespace {

Version version(const std::string& text) { return Version::parse(text).value(); }

std::optional<EndOfLife> bundled(std::string_view product, const Version& installed, std::chrono::sys_days on) {
  return end_of_life(bundled_end_of_life(), product, installed, on);
}

constexpr std::chrono::sys_days today = std::chrono::sys_days(2026y / 11 / 29);

}  // namespace

TEST_CASE("the bundled table is read whole") {
  const EndOfLifeTable& table = bundled_end_of_life();
  CHECK(table.as_of >= std::chrono::sys_days(2026y / 1 / 1));
  REQUIRE(table.products.contains("python"));
  REQUIRE(table.products.contains("django"));
  for (const char* cycle : {"2.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"}) {
    INFO(cycle);
    CHECK(bundled("python", version(cycle), today));
  }
  for (const char* cycle : {"3.2", "4.0", "4.1", "4.2", "5.0", "5.1", "5.2"}) {
    INFO(cycle);
    CHECK(bundled("django", version(cycle), today));
  }
  for (const auto& [product, cycles] : table.products)
    for (std::size_t place = 1; place < cycles.size(); ++place) {
      INFO(product << " " << cycles[place].line.text());
      CHECK(cycles[place - 1].line < cycles[place].line);
    }
}

TEST_CASE("a version is kept until the last day of its line") {
  const auto python = bundled("python", version("3.11.2"), today);
  REQUIRE(python);
  CHECK(python->cycle == "3.11");
  CHECK_FALSE(python->is_over);
  CHECK(python->left == std::chrono::days(336));
  CHECK(bundled("python", version("3.8.20"), today)->is_over);
  CHECK(bundled("python", version("3.10.12"), today)->left == std::chrono::days(-29));
  CHECK(bundled("django", version("4.2.30"), today)->is_over);
  CHECK_FALSE(bundled("django", version("5.2.1"), today)->is_over);
  const std::chrono::sys_days last = std::chrono::sys_days(2027y / 10 / 31);
  CHECK_FALSE(bundled("python", version("3.11"), last)->is_over);
  CHECK(bundled("python", version("3.11"), last + std::chrono::days(1))->is_over);
}

TEST_CASE("what the table does not know has no end") {
  CHECK_FALSE(bundled("python", version("4.0"), today));
  CHECK_FALSE(bundled("flask", version("3.0"), today));
}

TEST_CASE("a line that the table passes over has ended when a later one has") {
  const auto python = bundled("python", version("3.1.5"), today);  // not 3.10
  REQUIRE(python);
  CHECK(python->cycle == "3.2");
  CHECK(python->is_over);
  CHECK(python->or_earlier);
  CHECK(bundled("django", version("1.4.22"), today)->cycle == "1.8");
  for (const char* text : {"1.8rc1", "1.8", "1.8.1"}) CHECK_FALSE(bundled("django", version(text), today)->or_earlier);
  // Whatever its order.
  const auto table = parse_end_of_life("as_of: 2026-01-31\npython: {'3.9': 2025-10-31, '3.8': 2024-10-07}\n");
  REQUIRE(table);
  CHECK(end_of_life(*table, "python", version("3.8.1"), today)->cycle == "3.8");
  CHECK_FALSE(end_of_life(*table, "python", version("3.7"), std::chrono::sys_days(2024y / 1 / 1)));
}

TEST_CASE("a wrong table is none") {
  CHECK(parse_end_of_life("as_of: 2026-01-31\npython: {'3.9': 2025-10-31}\n"));
  CHECK(parse_end_of_life("as_of: 2026-01-31\n")->products.empty());
  for (const char* text : {"", "[]", "python: {'3.9': 2025-10-31}", "as_of: 2026-02-30\n", "as_of: 2026-1-31\n",
                           "as_of: soon\n", "as_of: +026-01-31\n", "as_of: 2026-01-31\npython: [3.9]\n",
                           "as_of: 2026-01-31\npython: {x: 2025-10-31}\n",
                           "as_of: 2026-01-31\npython: {'3.9': 2025-10}\n"}) {
    INFO(text);
    CHECK_FALSE(parse_end_of_life(text));
  }
}
