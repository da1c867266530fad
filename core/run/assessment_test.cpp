#include "run/assessment.hpp"

#include <catch2/catch.hpp>

#include "run/limits.hpp"

using namespace maintain;

namespace {

ConfigRules rules() {
  TaskType type;
  type.name = "apt.check";
  type.plugin = "apt";
  type.schema = R"({"type":"object","properties":{}})";
  TaskType upgrade = type;
  upgrade.name = "apt.upgrade";
  upgrade.scope = Scope::server;
  return {{type, upgrade}, [](const std::string&) -> Result<void> { return {}; },
          [](const std::string&) { return true; }};
}

constexpr const char* good = "version: 2\ntasks:\n  updates: {use: apt.check, when: \"5 21 * * *\"}\n";
constexpr const char* unusable = "version: 2\ntasks: [\n";
constexpr const char* path = "/etc/maintain.d/shop.yml";

Assessment assess(const Survey& survey, const std::vector<CachedConfig>& remembered = {}) {
  return assess_configs("web1", survey, remembered, rules());
}

std::vector<std::string> codes(const Assessment& assessment, const std::string& project) {
  std::vector<std::string> result;
  for (const ProjectNotes& notes : assessment.notes)
    if (notes.project == project)
      for (const Finding& finding : notes.findings) result.push_back(finding.code);
  return result;
}

}  // namespace

TEST_CASE("a good file gives its project and becomes the last good copy") {
  Survey survey;
  survey.configs = {{path, good}};
  const Assessment result = assess(survey);
  REQUIRE(result.projects.size() == 1);
  CHECK(result.projects[0].name == "shop");
  CHECK(result.errors.empty());
  CHECK(codes(result, "shop").empty());
  CHECK(codes(result, "").empty());
  CHECK(result.to_remember.at(0).last_good == good);
  CHECK(is_sound(result.to_remember));
}

TEST_CASE("while the newest copy cannot be used the last good one is, and a finding says so") {
  Survey survey;
  survey.configs = {{path, unusable}};
  const Assessment result = assess(survey, {{path, good, good}});
  REQUIRE(result.projects.size() == 1);
  CHECK(codes(result, "shop") == std::vector<std::string>{"config.broken"});
  CHECK_FALSE(result.errors.empty());
  CHECK(result.to_remember.at(0).text == unusable);
  CHECK(result.to_remember.at(0).last_good == good);
  CHECK_FALSE(is_sound(result.to_remember));  // asked for anew at every run, so that its repair is noticed
}

TEST_CASE("without an earlier copy a broken file is critical and costs no other project") {
  Survey survey;
  survey.configs = {{"/etc/maintain.d/a.yml", unusable}, {path, good}};
  const Assessment result = assess(survey);
  REQUIRE(result.projects.size() == 2);
  CHECK(result.projects[0].name == "a");
  CHECK(result.projects[0].unreadable);
  CHECK(result.projects[0].tasks.empty());
  CHECK_FALSE(result.projects[1].unreadable);
  REQUIRE(codes(result, "") == std::vector<std::string>{"config.broken"});
  CHECK(result.notes[0].findings[0].state == State::critical);
}

TEST_CASE("a file that was not read is broken too") {
  Survey survey;
  survey.configs = {{path, "", "cannot be read"}};
  const Assessment result = assess(survey, {{path, good, good}});
  REQUIRE(result.projects.size() == 1);
  CHECK_THAT(result.errors.at(0).message, Catch::Contains("cannot be read"));
  const Finding& told = result.notes.back().findings.at(0);  // each thing once: what happened, and what to do
  CHECK(told.title == std::string(path) + " cannot be read");
  CHECK(told.action == "correct " + std::string(path) +
        " on the server: maintain's user there must be able to read it");
}

TEST_CASE("while the directory cannot be read the last good copies of all its files are used, and kept") {
  const std::string other = "/etc/maintain.d/other.yml";
  const std::vector<CachedConfig> remembered{{path, good, good}, {other, unusable, good},
                                             {"/etc/gone.yml", good, good}};
  Survey survey;
  survey.configs = {{std::string(config_directory), "", "cannot be read"}};
  const Assessment result = assess(survey, remembered);
  REQUIRE(result.projects.size() == 2);
  CHECK(result.projects[0].name == "shop");
  REQUIRE(codes(result, "") == std::vector<std::string>{"config.broken"});
  CHECK(result.notes[0].findings[0].state == State::warning);
  CHECK(result.notes[0].findings[0].subject == config_directory);
  CHECK(codes(result, "shop").empty());
  CHECK(codes(result, "other") == std::vector<std::string>{"config.broken"});  // as before
  CHECK_FALSE(is_sound(result.to_remember));
  // And so it goes on.
  const Assessment again = assess(survey, result.to_remember);
  CHECK(again.projects.size() == 2);
  CHECK(again.to_remember.size() == 3);
  // Without any good copy nothing runs, which is worse.
  CHECK(assess(survey).notes[0].findings.at(0).state == State::critical);
}

TEST_CASE("of tasks about the whole server only so many are planned") {
  std::string text = "version: 2\ntasks:\n";
  for (std::size_t i = 0; i < server_tasks_limit + 5; ++i)
    text += "  t" + std::to_string(i) + ": {use: apt.upgrade, when: \"5 21 * * *\"}\n";
  text += "  last: {use: apt.check, when: \"5 21 * * *\"}\n";
  Survey survey;
  survey.configs = {{path, text}};
  const Assessment result = assess(survey);
  REQUIRE(result.projects.size() == 1);
  CHECK(result.projects[0].tasks.size() == server_tasks_limit + 1);
  CHECK(codes(result, "shop") == std::vector<std::string>{"config.error"});
  CHECK(result.errors.size() == 1);
}

TEST_CASE("a bad task is a finding, and its identity does not hang on its line") {
  const std::string with_bad = std::string(good) + "  odd: {use: no.such, when: \"5 21 * * *\"}\n";
  Survey survey;
  survey.configs = {{path, with_bad}};
  const Assessment result = assess(survey);
  REQUIRE(result.projects.size() == 1);
  CHECK(result.projects[0].tasks.size() == 1);
  REQUIRE(codes(result, "shop") == std::vector<std::string>{"config.error"});
  const auto subject_of = [](const Assessment& a) { return a.notes.back().findings.at(0).subject; };
  survey.configs = {{path, "\n\n" + with_bad}};
  CHECK(subject_of(assess(survey)) == subject_of(result));
  CHECK_THAT(result.notes.back().findings[0].title, Catch::Contains("shop.yml:4:"));
}

TEST_CASE("of two files with one project the first counts") {
  Survey survey;
  survey.configs = {{path, good}, {"/etc/maintain.d/z.yml", "project: shop\n" + std::string(good)}};
  const Assessment result = assess(survey);
  CHECK(result.projects.size() == 1);
  CHECK(codes(result, "shop") == std::vector<std::string>{"config.error"});
}

TEST_CASE("no file at all is a finding about the server") {
  CHECK(codes(assess({}), "") == std::vector<std::string>{"config.missing"});
  CHECK_FALSE(is_sound({}));
}

TEST_CASE("facts that are not as expected are findings") {
  const std::string facts = R"({"os_id":"debian","os_version":"12","arch":"x86_64","uptime_seconds":5})";
  CHECK(compare_facts({}, facts).empty());
  CHECK(compare_facts({{"os", "debian-12"}, {"arch", "x86_64"}, {"uptime_seconds", "5"}}, facts).empty());
  const auto wrong = compare_facts({{"os", "debian-13"}, {"colour", "red"}}, facts);
  REQUIRE(wrong.size() == 2);
  CHECK(wrong[0].code == "server.unexpected");
  CHECK(wrong[1].title == "os is debian-12, expected debian-13");
  CHECK(compare_facts({{"os", "debian-12"}}, "not json").size() == 1);
}
