#include "pydeps/index/releases.hpp"

#include <catch2/catch.hpp>

#include <string>

#include "pydeps/base/test_order.hpp"

using namespace maintain::pydeps;

namespace {

using Texts = std::vector<std::string>;

std::vector<Release> releases(const Texts& versions, const std::vector<ReleaseFile>& files,
                              const VersionOrder& order = testing::test_order) {
  Texts problems;
  auto found = releases_of("a", versions, files, order, problems);
  CHECK(problems.empty());
  return found;
}

ProjectReleases sample() {
  return {.name = "a",
          .status = ProjectStatus::archived,
          .status_reason = "done",
          .releases = {{.version = "1.0",
                        .uploaded = std::chrono::sys_seconds(std::chrono::seconds(1600000000)),
                        .yanked = true,
                        .yank_reason = "why",
                        .has_wheel = true,
                        .requires_python = ">=3"},
                       {.version = "1.1", .has_sdist = true},
                       {.version = "1.2", .requires_python = ">=3.9"}},
          .problems = {"one"}};
}

}  // namespace

TEST_CASE("versions that are equal are one release, with the text of the list") {
  const auto one = releases({"1.0.0"}, {{.filename = "a-1.0.tar.gz", .yanked = true, .yank_reason = "x"},
                                        {.filename = "a-1-py3-none-any.whl", .yanked = true}});
  REQUIRE(one.size() == 1);
  CHECK(one[0].version == "1.0.0");
  CHECK(one[0].yanked);
  CHECK(one[0].yank_reason == "x");
  CHECK(one[0].has_sdist);
  CHECK(one[0].has_wheel);
}

TEST_CASE("without an order only equal texts are one release") {
  const auto two = releases({}, {{.filename = "a-1.0.tar.gz"}, {.filename = "a-1.tar.gz"}}, {});
  REQUIRE(two.size() == 2);
  CHECK(two[0].version == "1");
}

TEST_CASE("a version that is listed without files is marked, in a cache too") {
  const auto found = releases({"1.0", "1.1"}, {{.filename = "a-1.0.0.tar.gz"}});
  REQUIRE(found.size() == 2);
  CHECK_FALSE(found[0].without_files);
  CHECK(found[1].without_files);
  CHECK_FALSE(found[1].yanked);
  const auto read = releases_from_json(releases_to_json({.name = "a", .releases = found}));
  REQUIRE(read);
  CHECK_FALSE(read->releases[0].without_files);
  CHECK(read->releases[1].without_files);
}

TEST_CASE("a release is found by its text or by the order") {
  const auto project = sample();
  CHECK(find_release(project, "1.0", testing::test_order)->yanked);
  CHECK(find_release(project, "1.0.0", testing::test_order)->yanked);
  CHECK(find_release(project, "1.0.0", {}) == nullptr);
  CHECK(find_release(project, "3", testing::test_order) == nullptr);
  CHECK(find_release(project, "weird", testing::test_order) == nullptr);
}

TEST_CASE("the form for a cache brings everything back") {
  const Json written = Json::parse(releases_to_json(sample()).dump());
  CHECK(written.dump() == R"({"name":"a","problems":["one"],"reason":"done","releases":[["1.0",1600000000,3,"why",)"
                          R"(">=3"],["1.1",null,4],["1.2",null,0,"",">=3.9"]],"status":"archived","v":1})");
  const auto read = releases_from_json(written);
  REQUIRE(read);
  CHECK(releases_to_json(*read) == written);
  CHECK(read->status == ProjectStatus::archived);
  CHECK(read->releases[0].uploaded == sample().releases[0].uploaded);
  CHECK(read->releases[1].has_sdist);
  CHECK_FALSE(read->releases[1].uploaded);
  CHECK(releases_to_json({.name = "b"}).dump() == R"({"name":"b","releases":[],"v":1})");
}

TEST_CASE("what is not that form is nothing") {
  for (const auto* text : {"null", "[]", "{}", R"({"v": 2, "name": "a", "releases": []})",
                           R"({"v": 1, "releases": []})", R"({"v": 1, "name": "../a", "releases": []})",
                           R"({"v": 1, "name": "a", "releases": {}})",
                           R"({"v": 1, "name": "a", "releases": [["1"]]})", R"({"v": 1, "name": "a", "releases": [7]})",
                           R"({"v": 1, "name": "a", "releases": [["1 0", null, 0]]})",
                           R"({"v": 1, "name": "a", "releases": [["1", null, "x"]]})"}) {
    CAPTURE(text);
    CHECK_FALSE(releases_from_json(Json::parse(text)));
  }
  CHECK(releases_from_json(Json::parse(R"({"v": 1, "name": "a", "releases": [["1", "x", 0, 5, 6]], "status": "x"})")));
}

TEST_CASE("statuses have names") {
  for (const auto* name : {"active", "archived", "deprecated", "quarantined"}) {
    CHECK(status_name(status_from_word(name)) == name);
  }
  CHECK(status_from_word("Archived") == ProjectStatus::unfamiliar);
  CHECK(status_name(ProjectStatus::unfamiliar) == "unfamiliar");
}
