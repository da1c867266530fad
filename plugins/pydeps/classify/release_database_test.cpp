#include "pydeps/classify/release_database.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <string>

using namespace maintain::pydeps;

namespace {

std::string file_text(const std::string& name) {
  std::ifstream file(MAINTAIN_TESTDATA "/" + name);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

Version version(const std::string& text) { return Version::parse(text).value(); }

}  // namespace

TEST_CASE("a team's file is read as the earlier bot had it") {
  const ReleaseDatabase database = parse_release_database(file_text("releases.yml"));
  CHECK(database.problems.empty());
  CHECK(database.packages.size() == 4);
  const PackageReleases* django = database.find("django");
  REQUIRE(django != nullptr);
  CHECK(django->changelog_url == "https://docs.djangoproject.com/en/5.0/releases/");
  CHECK(django->kinds.at(version("4.2.10")) == ReleaseKind::security);
  CHECK(django->kinds.at(version("4.2.9")) == ReleaseKind::bug_fix);
  REQUIRE(django->lts_lines.size() == 2);
  CHECK(in_line(version("4.2.1"), django->lts_lines[1]));
  const PackageReleases* mptt = database.find("Django_MPTT");
  REQUIRE(mptt != nullptr);
  CHECK(mptt->kinds.at(version("0.15.0")) == ReleaseKind::compatibility);
  CHECK(mptt->kinds.at(version("0.17")) == ReleaseKind::feature);
  CHECK(database.find("html5lib")->ignored.contains(version("1.0.0")));
  CHECK(database.find("xlwt")->kinds.empty());
  CHECK(database.find("requests") == nullptr);
}

TEST_CASE("what is wrong costs itself only") {
  const ReleaseDatabase database = parse_release_database(R"yaml(
a: {bug_fix_releases: [1.0, latest, [2.0]], security_releases: 1.1, lts_releases: [1.x, 1.0rc1, "1.*"]}
b: [1.0]
c: {changelog_url: "javascript:alert(1)", releases: [1.0]}
d/e: {}
A: {security_releases: [1.3]}
f: {security_releases: [1.0], bug_fix_releases: [1.0.0]}
g: {feature_releases: [1.0], compatibility_releases: [1.0]}
)yaml");
  std::string problems;
  for (const DatabaseProblem& problem : database.problems)
    problems += std::to_string(problem.line) + " " + problem.message + "\n";
  CHECK(problems ==
        "2 a: 'bug_fix_releases' holds something else than versions\n"
        "2 a: 'bug_fix_releases': 'latest' is no version\n"
        "2 a: 'security_releases' is no list of versions: write [1.0, 1.1]\n"
        "2 a: 'lts_releases': '1.x' is no line of releases: write 4.2.\n"
        "2 a: 'lts_releases': '1.0rc1' is no line of releases: write 4.2.\n"
        "3 the entry of b is no mapping\n"
        "4 c: 'changelog_url' is no web address\n"
        "4 c: 'releases' is not a known key\n"
        "5 this is no name of a package: 'd/e'\n"
        "6 A is there twice, and its last entry counts\n");
  CHECK(database.find("a")->kinds.size() == 1);
  CHECK(database.find("b") == nullptr);
  CHECK(database.find("c")->changelog_url.empty());
  CHECK(database.find("f")->kinds.at(version("1.0")) == ReleaseKind::security);
  CHECK(database.find("g")->kinds.at(version("1.0")) == ReleaseKind::compatibility);
}

TEST_CASE("what is no database says so and holds nothing") {
  for (const std::string& text : {std::string("a: ["), std::string("- a"), std::string("\xFF"), std::string("a\0b", 3),
                                  std::string("a: {b: 'c"), std::string("<html><body>404: not found</body></html>")}) {
    const ReleaseDatabase database = parse_release_database(text);
    INFO(text);
    CHECK(database.packages.empty());
    CHECK(database.problems.size() == 1);
    CHECK(database.unreadable);
  }
  for (const char* text : {"", "# being written\n", "____TEMPLATE: {}\n"}) {
    const ReleaseDatabase database = parse_release_database(text);
    CHECK(database.unreadable);
    REQUIRE(database.problems.size() == 1);
    CHECK(database.problems[0].message == "it names no package");
  }
  CHECK_FALSE(parse_release_database("Django:\n").unreadable);
}

TEST_CASE("of many problems the first are kept and the others counted") {
  std::string text = "a: {bug_fix_releases: [";
  for (int count = 0; count < 50; ++count) text += "x,";
  const ReleaseDatabase database = parse_release_database(text + "]}");
  CHECK(database.problems.size() == 20);
  CHECK(database.more_problems == 30);
}

TEST_CASE("a message is one line of what can be shown") {
  const ReleaseDatabase database = parse_release_database("\"a\\nb\\e[31m\": {}\n");
  REQUIRE(database.problems.size() == 1);
  CHECK(database.problems[0].message == "this is no name of a package: 'a b?[31m'");
}
