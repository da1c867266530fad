#include "pydeps/advisory/osv.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <string>

using namespace maintain::pydeps;

namespace {

std::string testdata(const std::string& name) {
  std::ifstream file(std::string(MAINTAIN_TESTDATA) + "/" + name);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

Advisory advisory(const std::string& text) {
  auto parsed = parse_advisory(text);
  CAPTURE(text, parsed.problem);
  REQUIRE(parsed.advisory);
  return *parsed.advisory;
}

}  // namespace

TEST_CASE("a record of GitHub is read") {
  const Advisory record = advisory(testdata("GHSA-jinja.json"));
  CHECK(record.id == "GHSA-h5c8-rqwp-cp95");
  CHECK(record.aliases == std::vector<std::string>{"CVE-2024-22195", "PYSEC-2024-9001"});
  CHECK(record.summary ==
        "Jinja vulnerable to HTML attribute injection when passing user input as keys to xmlattr filter");
  CHECK(record.details.starts_with("The `xmlattr` filter in affected versions"));
  CHECK_FALSE(record.withdrawn);
  REQUIRE(record.modified);
  CHECK(record.modified->time_since_epoch().count() == 1736882713);
  REQUIRE(record.severities.size() == 2);
  CHECK(record.severities[0].type == "CVSS_V3");
  CHECK(record.severities[1].score == "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N");
  CHECK(record.severity_word == "MODERATE");
  REQUIRE(record.affected.size() == 1);
  CHECK(record.affected[0].name == "jinja2");
  REQUIRE(record.affected[0].ranges.size() == 1);
  const auto& events = record.affected[0].ranges[0].events;
  REQUIRE(events.size() == 2);
  CHECK(events[0].kind == RangeEvent::Kind::introduced);
  CHECK(events[0].version == "0");
  CHECK(events[1].kind == RangeEvent::Kind::fixed);
  CHECK(events[1].version == "3.1.3");
  CHECK(record.affected[0].versions.size() == 6);
  CHECK(record.affected[0].doubts.empty());
}

TEST_CASE("a record of the PyPI database is read, without its ranges of commits") {
  const Advisory record = advisory(testdata("PYSEC-django.json"));
  CHECK(record.id == "PYSEC-2021-9002");
  REQUIRE(record.affected.size() == 1);
  CHECK(record.affected[0].name == "django");
  REQUIRE(record.affected[0].ranges.size() == 1);
  CHECK(record.affected[0].ranges[0].events.size() == 6);
  CHECK(record.affected[0].severities.size() == 1);
}

TEST_CASE("packages of other ecosystems are left out") {
  const Advisory record = advisory(R"({"id": "A-1", "affected": [
      {"package": {"ecosystem": "npm", "name": "a"}}, {"package": {"ecosystem": "PyPI", "name": "Zope.Interface"}},
      {"package": {"ecosystem": "PyPI", "name": "../x"}}, {"ranges": []}, 7]})");
  REQUIRE(record.affected.size() == 1);
  CHECK(record.affected[0].name == "zope-interface");
}

// As OSV had them for PYSEC-2026-89: a strict reader failed with everything because of them (astral-sh/uv issue 19492).
TEST_CASE("an empty event costs only itself") {
  const Advisory record = advisory(R"({"id": "PYSEC-2026-89", "affected": [{"package": {"ecosystem": "PyPI",
      "name": "pyjwt"}, "ranges": [{"type": "ECOSYSTEM",
      "events": [{"introduced": "0"}, {}, {"fixed": "2.4.0"}]}]}]})");
  CHECK(record.affected.at(0).ranges.at(0).events.size() == 2);
  CHECK(record.affected[0].doubts == std::vector<std::string>{"an event of a range names no version"});
}

TEST_CASE("parts that are not understood are doubts") {
  const Advisory record = advisory(R"({"id": "A-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "a"},
      "ranges": [{"type": "ORBIT\u001b", "events": []}, {"type": "ECOSYSTEM", "events": {"introduced": "0"}},
                 {"type": "SEMVER", "events": [{"introduced": "1.0.0", "fixed": "1.0.2"}]}],
      "versions": "1.0"}]})");
  REQUIRE(record.affected.size() == 1);
  CHECK(record.affected[0].doubts ==
        std::vector<std::string>{"a range is of the unknown type \"ORBIT?\"", "its `events` is no list",
                                 "its `versions` is no list"});
  CHECK(record.affected[0].ranges.size() == 2);
  CHECK(record.affected[0].ranges[1].events.size() == 2);
}

TEST_CASE("a record that was withdrawn says so") {
  CHECK(advisory(R"({"id": "A-1", "withdrawn": "2023-01-02T03:04:05Z"})").withdrawn);
  CHECK_FALSE(advisory(R"({"id": "A-1", "withdrawn": ""})").withdrawn);
  CHECK_FALSE(advisory(R"({"id": "A-1", "withdrawn": null})").withdrawn);
}

TEST_CASE("what is no record is a problem") {
  CHECK(parse_advisory("").problem == "it is no JSON");
  CHECK(parse_advisory("[]").problem == "it is no JSON object");
  CHECK(parse_advisory("{}").problem == "its `id` is missing or none");
  CHECK(parse_advisory(R"({"id": "../../etc"})").problem == "its `id` is missing or none");
  CHECK(parse_advisory(R"({"id": 3})").problem == "its `id` is missing or none");
  CHECK(parse_advisory(R"({"id": "A", "affected": {}})").problem == "its `affected` is no list");
  CHECK(parse_advisory(std::string(100'000, '[')).problem == "its arrays and objects are nested too deeply");
  CHECK(parse_advisory(std::string(most_advisory_bytes + 1, ' ')).problem.find("bytes, more than the") !=
        std::string::npos);
}

TEST_CASE("text of a record is bounded and fit to show") {
  const Advisory record = advisory(R"({"id": "A-1", "summary": "a\u001b]0;b", "details": ")" + std::string(9000, 'x') +
                                   R"(", "aliases": ["B-1", "no id", "", 5, "C_1:2+3"]})");
  CHECK(record.summary == "a?]0;b");
  CHECK(record.details.size() == 4096);
  CHECK(record.aliases == std::vector<std::string>{"B-1", "C_1:2+3"});
}

TEST_CASE("a record that lists without end is cut, and says so") {
  std::string versions = "\"1\"";
  for (int i = 0; i < 20'000; ++i) versions += ",\"1\"";
  std::string events = "{\"fixed\":\"1\"}";
  for (int i = 0; i < 2000; ++i) events += ",{\"fixed\":\"1\"}";
  std::string ranges = "{\"type\":\"ECOSYSTEM\",\"events\":[" + events + "]}";
  for (int i = 0; i < 100; ++i) ranges += ",{\"type\":\"SEMVER\"}";
  const Advisory record = advisory(R"({"id": "A-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "a"},
                                      "versions": [)" + versions + "], \"ranges\": [" + ranges + "]}]}");
  CHECK(record.affected.at(0).versions.size() == 20'000);
  CHECK(record.affected[0].ranges.size() == 100);
  CHECK(record.affected[0].ranges[0].events.size() == 1000);
  CHECK(record.affected[0].doubts.size() == 3);
}
