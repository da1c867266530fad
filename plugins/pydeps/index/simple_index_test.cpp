#include "pydeps/index/simple_index.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <string>

#include "pydeps/base/test_order.hpp"

using namespace maintain::pydeps;

namespace {

using Texts = std::vector<std::string>;

std::string testdata(const std::string& name) {
  std::ifstream file(std::string(MAINTAIN_TESTDATA) + "/" + name);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

ParsedProject parse(const std::string& text) { return parse_simple_index(text, "a", testing::test_order); }

ProjectReleases read(const std::string& text) {
  auto parsed = parse(text);
  CAPTURE(text, parsed.problem);
  REQUIRE(parsed.project);
  return *parsed.project;
}

Texts versions(const ProjectReleases& project) {
  Texts texts;
  for (const Release& release : project.releases) texts.push_back(release.version);
  return texts;
}

}  // namespace

TEST_CASE("a page of the simple API is read") {
  const auto parsed = parse_simple_index(testdata("simple-demo.json"), "Demo.Pkg", testing::test_order);
  REQUIRE(parsed.project);
  const ProjectReleases& project = *parsed.project;
  CHECK(project.name == "demo-pkg");
  CHECK(project.status == ProjectStatus::deprecated);
  CHECK(project.status_reason == "Use demo-next instead.");
  CHECK(versions(project) == Texts{"1.0", "1.1", "1.9", "1.10.0b1", "2.0"});
  CHECK(project.problems.empty());

  const Release& first = project.releases[0];
  CHECK(first.has_sdist);
  CHECK_FALSE(first.has_wheel);
  CHECK_FALSE(first.yanked);
  CHECK(first.uploaded->time_since_epoch().count() == 1551434400);
  CHECK(first.requires_python.empty());

  const Release& yanked = project.releases[1];
  CHECK(yanked.yanked);
  CHECK(yanked.yank_reason == "broken on 3.8");
  CHECK(yanked.has_sdist);
  CHECK(yanked.has_wheel);
  CHECK(yanked.uploaded->time_since_epoch().count() == 1577880000);
  CHECK(yanked.requires_python == ">=3.6");

  // One of two files is yanked, hence the release is not, and the installer counts for nothing.
  CHECK_FALSE(project.releases[2].yanked);
  CHECK(project.releases[2].yank_reason.empty());

  // The file writes the version otherwise than the list.
  CHECK(project.releases[3].has_wheel);

  // A version without files.
  CHECK_FALSE(project.releases[4].uploaded);
  CHECK_FALSE(project.releases[4].has_wheel);
  CHECK_FALSE(project.releases[4].yanked);
}

TEST_CASE("the project's own JSON is read") {
  const auto parsed = parse_project_json(testdata("project-demo.json"), "demo_pkg", testing::test_order);
  REQUIRE(parsed.project);
  const ProjectReleases& project = *parsed.project;
  CHECK(project.name == "demo-pkg");
  CHECK(project.status == ProjectStatus::active);
  CHECK(versions(project) == Texts{"0.9", "1.0", "1.1"});
  CHECK_FALSE(project.releases[0].yanked);
  CHECK(project.releases[1].yanked);
  CHECK(project.releases[1].yank_reason == "does not install");
  CHECK(project.releases[1].has_sdist);
  CHECK(project.releases[2].has_wheel);
  CHECK(project.releases[2].requires_python == ">=3.6");
  CHECK(project.releases[2].uploaded->time_since_epoch().count() == 1577880005);
}

TEST_CASE("an index without PEP 700 has the versions of its files") {
  const auto project = read(R"({"meta": {"api-version": "1.0"}, "name": "a", "files": [
      {"filename": "a-1.10.tar.gz", "yanked": ""}, {"filename": "a-1.2-py3-none-any.whl"},
      {"filename": "a-2004d.tar.gz"}, {"filename": "a-1.2.0.tar.gz"}, {"filename": "b-1.tar.gz"}]})");
  CHECK(versions(project) == Texts{"2004d", "1.2", "1.10"});
  CHECK(project.releases[1].has_sdist);
  CHECK(project.releases[1].has_wheel);
  CHECK(project.releases[2].yanked);
  CHECK_FALSE(project.releases[1].uploaded);
}

TEST_CASE("files of versions that are not listed are told") {
  const auto project = read(R"({"name": "a", "versions": ["1"], "files": [{"filename": "a-1.tar.gz"},
      {"filename": "a-2.tar.gz"}, {"filename": "a-3.tar.gz"}, {"nofilename": 1}]})");
  CHECK(versions(project) == Texts{"1"});
  CHECK(project.problems == Texts{"1 of its files have no name", "2 files of versions that the index does not list"});
}

TEST_CASE("status markers") {
  const auto status = [](const std::string& json) {
    return read(R"({"name": "a", "files": [], "project-status": )" + json + "}");
  };
  CHECK(status(R"({"status": "archived"})").status == ProjectStatus::archived);
  CHECK(status(R"({"status": "quarantined", "reason": "malware\u0007"})").status_reason == "malware?");
  CHECK(status("{}").status == ProjectStatus::active);
  CHECK(status("null").status == ProjectStatus::active);
  const auto strange = status(R"({"status": "hibernating"})");
  CHECK(strange.status == ProjectStatus::unfamiliar);
  CHECK(strange.problems == Texts{"the project's status \"hibernating\" is unfamiliar"});
}

TEST_CASE("what is no page of this project is a problem") {
  CHECK(parse("<html>").problem == "it is no JSON");
  CHECK(parse("[]").problem == "it has no `files`");
  CHECK(parse(R"({"name": "a", "files": {}})").problem == "it has no `files`");
  CHECK(parse(R"({"name": "b", "files": []})").problem == "it is the page of another project");
  CHECK(parse(R"({"files": []})").problem == "it is the page of another project");
  CHECK(parse(R"({"meta": {"api-version": "2.0"}, "name": "a", "files": []})").problem ==
        "its API has the version \"2.0\", and this reads 1");
  CHECK(parse(R"({"meta": {"api-version": "1.99"}, "name": "A", "files": []})").project);
  CHECK(parse(std::string(1'000'000, '[')).problem == "its arrays and objects are nested too deeply");
  const auto project_json = [](const char* text) { return parse_project_json(text, "a", testing::test_order).problem; };
  CHECK(project_json("{}") == "it has no `releases`");
  CHECK(project_json(R"({"info": {"name": "a"}, "releases": []})") == "it has no `releases`");
  CHECK(project_json(R"({"info": {"name": "b"}, "releases": {}})") == "it is of another project");
}

TEST_CASE("parts that are none are passed over") {
  const auto project = read(R"({"name": "a", "versions": ["1", 2, "", "1 0", "\u001b"], "files": [7, null, [],
      {"filename": 3}, {"filename": "a-1.tar.gz", "yanked": {"x": 1}, "upload-time": 7, "requires-python": ["x"]}]})");
  CHECK(versions(project) == Texts{"1"});
  CHECK_FALSE(project.releases[0].yanked);
  CHECK(project.problems == Texts{"4 of its files have no name", "the list of versions has texts that are none"});
  const auto old = parse_project_json(R"({"info": {"name": "a"}, "releases": {"1": null, "2": [7, {"yanked": "x"}]}})",
                                      "a", testing::test_order);
  REQUIRE(old.project);
  CHECK(versions(*old.project) == Texts{"1", "2"});
  CHECK_FALSE(old.project->releases[1].yanked);
}

TEST_CASE("more files than the bound are a problem") {
  std::string files = "{}";
  for (std::size_t i = 0; i < most_index_files; ++i) files += ",{}";
  CHECK(parse(R"({"name": "a", "files": [)" + files + "]}").problem == "it lists more than 100000 files");
  const std::string project = R"({"info": {"name": "a"}, "releases": {"1": [)" + files + "]}}";
  CHECK(parse_project_json(project, "a", testing::test_order).problem == "it lists more than 100000 files");
}
