#include "pydeps/check/memory.hpp"

#include <catch2/catch.hpp>

#include "pydeps/check/findings.hpp"
#include "pydeps/check/still_open.hpp"

using namespace maintain::pydeps;
using namespace maintain::sdk;

namespace {

Told told(std::string subject, std::vector<std::string> ids) {
  Told one{.finding = {.state = State::critical, .code = "pydeps.vulnerable", .subject = std::move(subject),
                       .title = "django 5.2.1 is vulnerable"},
           .source = Source::advisories, .environment = "/srv/env", .package = "django", .advisories = std::move(ids)};
  one.version = "5.2.1";
  one.fixes = {"5.2.2", "6.0"};
  one.severity = "high";
  one.score = 75;
  one.vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N";
  return one;
}

}  // namespace

TEST_CASE("memory: what was told comes back as it was") {
  const Memory memory{.checked = Moment(Milliseconds(1'000)), .told = {told("django CVE-2026-1", {"CVE-2026-1"})}};
  const Memory read = memory_from_json(Json::parse(memory_to_json(memory).dump()));
  REQUIRE(read.told.size() == 1);
  const Told& one = read.told[0];
  CHECK(read.checked == memory.checked);
  CHECK(one.finding.state == State::critical);
  CHECK(one.source == Source::advisories);
  CHECK(one.environment == "/srv/env");
  CHECK(one.version == "5.2.1");
  CHECK(one.fixes == std::vector<std::string>{"5.2.2", "6.0"});
  CHECK(one.severity == "high");
  CHECK(one.score == 75);
  CHECK(one.vector == memory.told[0].vector);
}

TEST_CASE("memory: documents of before, and of any shape") {
  Json document = memory_to_json({.told = {told("django CVE-2026-1", {"CVE-2026-1"})}});
  Json& row = document["told"][0];
  for (const char* name : {"version", "fixes", "severity", "score", "vector"}) row.erase(name);
  REQUIRE(memory_from_json(document).told.size() == 1);
  CHECK(memory_from_json(document).told[0].fixes.empty());
  CHECK_FALSE(memory_from_json(document).told[0].score);
  row["fixes"] = {1, "5.2.2", nullptr};
  row["score"] = -1;
  CHECK(memory_from_json(document).told[0].fixes == std::vector<std::string>{"5.2.2"});
  CHECK_FALSE(memory_from_json(document).told[0].score);
  for (const char* text : {"null", "[]", "3", R"({"told": {}, "environments": [[]], "checked": "x"})"})
    CHECK(memory_from_json(Json::parse(text)).told.empty());
}

TEST_CASE("memory: what was told has its place, at the cost of its words and of what is installed") {
  Memory memory;
  for (int i = 0; i < 900; ++i) {
    memory.told.push_back(told("p" + std::to_string(i) + " CVE-2026-1", {"CVE-2026-1"}));
    memory.told.back().finding.detail = std::string(900, 'd');
  }
  const std::string version(200'000, '1');
  memory.environments.push_back({.path = "/srv/env", .packages = {{.name = "Django", .version = version}}});
  const Json document = memory_to_json(memory);
  CHECK(document.dump().size() <= 256UL << 10);
  const Memory read = memory_from_json(document);
  CHECK(read.cut);
  REQUIRE(read.told.size() == 900);
  CHECK(read.told[899].finding.title == "django 5.2.1 is vulnerable");
  CHECK(read.told[899].finding.detail.empty());
  CHECK(read.environments.empty());
}

TEST_CASE("memory: of many ids some are kept, with the one that was told") {
  std::vector<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.push_back("CVE-2026-" + std::to_string(10'000 + i));
  const Memory read = memory_from_json(memory_to_json({.told = {told("django CVE-2026-10999 in /srv/env", ids)}}));
  REQUIRE(read.told.size() == 1);
  CHECK(read.told[0].advisories.size() == 20);
  CHECK(known_ids(read) == std::set<std::string>{"CVE-2026-10999"});
}

TEST_CASE("memory: of several ids only the one that was told is known, and not one that begins like it") {
  const std::vector<std::string> ids = {"CVE-2026-1", "CVE-2026-10", "GHSA-aaaa-bbbb-cccc"};
  CHECK(known_ids({.told = {told("django CVE-2026-10", ids)}}) == std::set<std::string>{"CVE-2026-10"});
  CHECK(known_ids({.told = {told("django CVE-2026-10 in /srv/env", ids)}}) == std::set<std::string>{"CVE-2026-10"});
  CHECK(known_ids({.told = {told("django CVE-2026-1", ids)}}) == std::set<std::string>{"CVE-2026-1"});
}

TEST_CASE("memory: a long path is cut between two characters, and what is told of it can be written") {
  std::string path = "/srv/";
  for (int i = 0; i < 150; ++i) path += "\u00e4";
  for (const std::string& end : {std::string("/env"), std::string("x/env")}) {
    const std::string subject = vulnerability_subject("django", "CVE-2026-1", path + end);
    CHECK(subject.starts_with("django CVE-2026-1 in ...\u00e4"));
    CHECK(subject.ends_with("\u00e4" + end));
    CHECK(subject.size() <= 180);
    CHECK_NOTHROW(memory_to_json({.told = {told(subject, {"CVE-2026-1"})}}).dump());
  }
  CHECK(subject_of("django", "/srv/env") == "django in /srv/env");
}

TEST_CASE("memory: an advisory's id is whole in the subject, and known again, however long the names are") {
  const std::string id = "GHSA-aaaa-bbbb-cccc";
  const std::string path = "/srv/" + std::string(300, 'p') + "/env";
  for (const std::string& package : {std::string(44, 'n'), std::string(214, 'n')})
    for (const std::string& environment : {std::string(), path}) {
      const std::string subject = vulnerability_subject(package, id, environment);
      CAPTURE(subject);
      CHECK(subject.size() <= 180);
      CHECK((subject + " ").find(" " + id + " ") != std::string::npos);
      Told one = told(subject, {"CVE-2026-1", id});
      one.package = package;
      one.environment = environment;
      CHECK(known_ids({.told = {one}}) == std::set<std::string>{id});
    }
  CHECK(vulnerability_subject(std::string(44, 'n'), id, path).starts_with(std::string(44, 'n') + " " + id + " in ..."));
}

TEST_CASE("memory: of a package that was not asked about, for there were too many, nothing is over") {
  const Memory before{.told = {told("django CVE-2026-1", {"CVE-2026-1"})}};
  Gathered gathered;
  gathered.inventory.environments.push_back({.path = "/srv/env", .packages = {{.name = "Django", .key = "django"}}});
  Assessment now;
  Ignores none({}, {});
  keep_what_is_not_over(before, gathered, {}, none, now);
  CHECK(now.told.empty());
  keep_what_is_not_over(before, gathered, {.not_asked = {"django"}}, none, now);
  CHECK(now.told.size() == 1);
}
