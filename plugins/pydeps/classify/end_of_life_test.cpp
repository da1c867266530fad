#include "pydeps/classify/end_of_life.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

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
  const auto table = parse_end_of_life("as_of: 2026-01-31\npython: {'3.9': 2025-10-31, '3.8': 2024-10-07}\n").table;
  REQUIRE(table);
  CHECK(end_of_life(*table, "python", version("3.8.1"), today)->cycle == "3.8");
  CHECK_FALSE(end_of_life(*table, "python", version("3.7"), std::chrono::sys_days(2024y / 1 / 1)));
}

TEST_CASE("a newer table goes before another, line by line") {
  const auto newer = parse_end_of_life("as_of: 2027-02-01\ndjango: {'5.2': 2028-05-31, '7.0': 2029-04-30}\n").table;
  REQUIRE(newer);
  const EndOfLifeTable table = renewed(bundled_end_of_life(), *newer);
  CHECK(end_of_life(table, "django", version("5.2.3"), today)->last == std::chrono::sys_days(2028y / 5 / 31));
  CHECK(end_of_life(table, "django", version("5.2.3"), today)->as_of == std::chrono::sys_days(2027y / 2 / 1));
  CHECK(end_of_life(table, "django", version("7.0"), today)->cycle == "7.0");
  CHECK(end_of_life(table, "django", version("4.2.30"), today)->is_over);
  CHECK(end_of_life(table, "django", version("4.2.30"), today)->as_of == bundled_end_of_life().as_of);
  CHECK(end_of_life(table, "python", version("3.8"), today)->is_over);
}

TEST_CASE("a wrong table is none, and says where") {
  CHECK(parse_end_of_life("as_of: 2026-01-31\npython: {'3.9': 2025-10-31}\n").table);
  const std::string dated = "as_of: 2026-01-31\n";
  for (const auto& [text, problem] : std::vector<std::pair<std::string, std::string>>{
           {"", "it is no mapping of products to their lines"},
           {"[]", "line 1: it is no mapping of products to their lines"},
           {"python: {'3.9': 2025-10-31}", "line 1: as_of is missing"},
           {"as_of: 2026-02-30\n", "line 1: as_of: '2026-02-30' is no date"},
           {"as_of: 2026-1-31\n", "line 1: as_of: '2026-1-31' is no date"},
           {"as_of: +026-01-31\n", "line 1: as_of: '+026-01-31' is no date"},
           {dated, "line 1: it names neither python nor django"},
           {dated + "Pyhton: {'3.9': 2025-10-31}\n", "line 2: 'Pyhton' is neither python nor django"},
           {dated + "python: [3.9]\n", "line 2: python has no lines"},
           {dated + "python: {}\n", "line 2: python has no lines"},
           {dated + "python:\n  '3.8': 2024-10-07\n  x: 2025-10-31\n", "line 4: python: 'x' is no line of releases"},
           {dated + "python: {'3.9': 2025-13-31}\n", "line 2: python 3.9: '2025-13-31' is no date"}}) {
    CAPTURE(text);
    const ParsedEndOfLife parsed = parse_end_of_life(text);
    CHECK_FALSE(parsed.table);
    CHECK((text.empty() || parsed.problem == problem));
    CHECK(parsed.problem.ends_with(text.empty() ? "lines" : problem));
  }
}
