// Every version against every other, and every specifier set against every version, as Python's packaging sees them.
#include <catch2/catch.hpp>

#include <array>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "pydeps/version/specifier.hpp"

using namespace maintain::pydeps;

namespace {

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::size_t start = 0;
  while (true) {
    const std::size_t end = line.find('\t', start);
    cells.push_back(line.substr(start, end - start));
    if (end == std::string::npos) return cells;
    start = end + 1;
  }
}

// Python's unicode_escape, as far as the cases need it: \t \n \r \\ and \xNN.
std::string unescaped(const std::string& text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      plain += text[at];
      continue;
    }
    const char kind = text.at(++at);
    if (kind == 'x') {
      plain += static_cast<char>(std::stoi(text.substr(at + 1, 2), nullptr, 16));
      at += 2;
    } else {
      plain += kind == 't' ? '\t' : kind == 'n' ? '\n' : kind == 'r' ? '\r' : kind;
    }
  }
  return plain;
}

bool bit(const std::string& digits, std::size_t place) {
  const int digit = std::stoi(digits.substr(place / 4, 1), nullptr, 16);
  return (digit >> (3 - place % 4) & 1) != 0;
}

struct Known {
  Version version;
  int rank = 0;
};

struct Cases {
  std::vector<Known> versions;
  std::vector<std::vector<std::string>> sets;
  std::vector<std::string> no_versions, no_sets;
};

// A version that is not read, or reads otherwise than packaging has it, fails here.
Cases read_cases() {
  const char* fresh = std::getenv("MAINTAIN_PACKAGING_CASES");  // set by tests/oracle/packaging_live.py
  std::ifstream file(fresh != nullptr ? fresh : MAINTAIN_TESTDATA "/packaging.tsv");
  REQUIRE(file);
  Cases cases;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> cells = cells_of(line);
    INFO(line);
    REQUIRE(cells.size() >= 2);
    cells[1] = unescaped(cells[1]);
    if (cells[0] == "no-version") cases.no_versions.push_back(cells[1]);
    else if (cells[0] == "no-set") cases.no_sets.push_back(cells[1]);
    else if (cells[0] == "set") cases.sets.push_back(cells);
    else {
      REQUIRE(cells.size() == 4);
      const std::optional<Version> version = Version::parse(cells[1]);
      REQUIRE(version);
      CHECK(version->text() == cells[3]);
      cases.versions.push_back({*version, std::stoi(cells[2])});
    }
  }
  return cases;
}

}  // namespace

TEST_CASE("orders and writes versions as packaging does", "[packaging]") {
  const Cases cases = read_cases();
  int wrong = 0;
  for (const Known& one : cases.versions) {
    for (const Known& other : cases.versions) {
      const bool agrees = (one.version < other.version) == (one.rank < other.rank) &&
                          (one.version == other.version) == (one.rank == other.rank) &&
                          (one.version > other.version) == (one.rank > other.rank);
      if (agrees) continue;
      ++wrong;
      UNSCOPED_INFO(one.version.text() << " and " << other.version.text());
    }
  }
  CHECK(wrong == 0);
  CHECK(cases.versions.size() * cases.versions.size() >= 100'000);
}

TEST_CASE("refuses the versions and the specifiers that packaging refuses", "[packaging]") {
  const Cases cases = read_cases();
  REQUIRE(cases.no_versions.size() >= 100);
  REQUIRE(cases.no_sets.size() >= 50);
  for (const std::string& text : cases.no_versions) {
    INFO(text);
    CHECK_FALSE(Version::parse(text));
  }
  for (const std::string& text : cases.no_sets) {
    INFO(text);
    CHECK_FALSE(SpecifierSet::parse(text));
  }
}

TEST_CASE("takes the versions for a specifier that packaging takes", "[packaging]") {
  const Cases cases = read_cases();
  int taken = 0;
  int left = 0;
  for (const std::vector<std::string>& cells : cases.sets) {
    int wrong = 0;
    REQUIRE(cells.size() == 5);
    const std::optional<SpecifierSet> set = SpecifierSet::parse(cells[1]);
    INFO(cells[1]);
    REQUIRE(set);
    for (std::size_t place = 0; place < cases.versions.size(); ++place) {
      if (!bit(cells[2], place)) continue;
      const Version& version = cases.versions[place].version;
      constexpr std::array<Prereleases, 2> policies = {Prereleases::as_asked, Prereleases::taken};
      for (std::size_t column = 0; column < policies.size(); ++column) {
        const std::string& answers = cells[3 + column];
        if (answers == "-") continue;
        const bool expected = bit(answers, place);
        ++(expected ? taken : left);
        if (set->contains(version, policies[column]) == expected) continue;
        ++wrong;
        UNSCOPED_INFO(version.text() << (expected ? " is in " : " is not in ") << cells[1]);
      }
    }
    CHECK(wrong == 0);
  }
  CHECK(taken + left >= 100'000);
  CHECK(taken >= 10'000);
}
