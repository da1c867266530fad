#include "pydeps/advisory/osv_query.hpp"

#include <catch2/catch.hpp>

#include <string>

#include "pydeps/base/bounded_json.hpp"

using namespace maintain::pydeps;

namespace {

using Ids = std::map<std::string, std::string>;

Json request(const OsvQueries& queries) {
  const auto body = next_request(queries);
  REQUIRE(body);
  return Json::parse(*body);
}

std::vector<PackageVersion> many(std::size_t count) {
  std::vector<PackageVersion> packages;
  for (std::size_t i = 0; i < count; ++i) packages.push_back({"p" + std::to_string(i), "1.0"});
  return packages;
}

std::string empty_results(std::size_t count) {
  Json results = Json::array();
  for (std::size_t i = 0; i < count; ++i) results.push_back(Json::object());
  return Json{{"results", results}}.dump();
}

}  // namespace

TEST_CASE("packages are asked for by their normalised name and released version") {
  const auto queries = begin_queries({{"Zope.Interface", "5.4"}, {"torch", "2.0.1+cu118"}, {"odd", ""}});
  CHECK(request(queries) == Json::parse(R"({"queries": [
      {"package": {"ecosystem": "PyPI", "name": "zope-interface"}, "version": "5.4"},
      {"package": {"ecosystem": "PyPI", "name": "torch"}, "version": "2.0.1"},
      {"package": {"ecosystem": "PyPI", "name": "odd"}}]})"));
}

TEST_CASE("nothing is asked where there is nothing") {
  CHECK(begin_queries({}).finished());
  CHECK_FALSE(next_request(begin_queries({})));
}

TEST_CASE("what cannot be asked for is the package's problem") {
  const auto queries = begin_queries(
      {{"../x", "1"}, {"a", "1 2"}, {"b", "\xff"}, {"c", std::string(300, '1')}, {"d", "1"}});
  CHECK(queries.answers[0].problem == "\"../x\" is no name of a package");
  CHECK(queries.answers[1].problem == "\"1 2\" cannot be asked for as a version");
  CHECK_FALSE(queries.answers[2].problem.empty());
  CHECK_FALSE(queries.answers[3].problem.empty());
  CHECK(request(queries).at("queries").size() == 1);
}

// The shape of the service's documentation of /v1/querybatch.
TEST_CASE("answers are taken in the order of the queries, page by page") {
  auto queries = begin_queries({{"a", "1"}, {"b", "2"}, {"c", "3"}});
  CHECK(take_response(queries, R"({"results": [
      {"vulns": [{"id": "GHSA-1", "modified": "2024-01-01T00:00:00Z"}, {"id": "PYSEC-1"}], "next_page_token": "more"},
      {}, {"vulns": [{"id": "GHSA-2", "modified": "2023-01-01T00:00:00Z"}]}]})") == "");
  CHECK_FALSE(queries.finished());
  CHECK(request(queries) == Json::parse(R"({"queries": [
      {"package": {"ecosystem": "PyPI", "name": "a"}, "version": "1", "page_token": "more"}]})"));
  CHECK(take_response(queries, R"({"results": [{"vulns": [{"id": "GHSA-3"}]}]})") == "");
  CHECK(queries.finished());
  CHECK(queries.answers[0].advisories == Ids{{"GHSA-1", "2024-01-01T00:00:00Z"}, {"GHSA-3", ""}, {"PYSEC-1", ""}});
  CHECK(queries.answers[1].advisories.empty());
  CHECK(queries.answers[2].advisories == Ids{{"GHSA-2", "2023-01-01T00:00:00Z"}});
  for (const auto& answer : queries.answers) CHECK(answer.problem.empty());
}

TEST_CASE("a thousand queries are one request") {
  auto queries = begin_queries(many(1001));
  CHECK(request(queries).at("queries").size() == 1000);
  CHECK(take_response(queries, empty_results(1000)) == "");
  CHECK(request(queries).at("queries").size() == 1);
  CHECK(request(queries).at("queries")[0].at("package").at("name") == "p1000");
  CHECK(take_response(queries, empty_results(1)) == "");
  CHECK(queries.finished());
}

TEST_CASE("an answer that is none changes nothing") {
  auto queries = begin_queries({{"a", "1"}, {"b", "1"}});
  CHECK(take_response(queries, "<html>") == "it is no JSON");
  CHECK(take_response(queries, "{}") == "it has no `results`");
  CHECK(take_response(queries, R"({"code": 3, "message": "bad"})") == "it has no `results`");
  CHECK(take_response(queries, R"({"results": [{}]})") == "it has 1 results for 2 queries");
  CHECK(take_response(queries, std::string(1000, '[')) == "its arrays and objects are nested too deeply");
  CHECK(queries.open.size() == 2);
  CHECK(take_response(queries, empty_results(2)) == "");
  CHECK(queries.finished());
}

TEST_CASE("a broken result costs its own package") {
  auto queries = begin_queries({{"a", "1"}, {"b", "1"}, {"c", "1"}, {"d", "1"}});
  CHECK(take_response(queries, R"({"results": [7, {"vulns": {}}, {"vulns": [{"id": "../x"}, {"id": "A-1"}, 5]},
                                               {"vulns": [{"id": "B-1"}]}]})") == "");
  CHECK(queries.answers[0].problem == "the result is none");
  CHECK(queries.answers[1].problem == "the list of its advisories is none");
  CHECK(queries.answers[2].problem == "an advisory has no id");
  CHECK(queries.answers[2].advisories.size() == 1);
  CHECK(queries.answers[3].problem.empty());
  CHECK(queries.answers[3].advisories.size() == 1);
}

TEST_CASE("pages end, whatever the service says") {
  auto queries = begin_queries({{"a", "1"}});
  int requests = 0;
  while (next_request(queries) && requests < 1000) {
    REQUIRE(take_response(queries, R"({"results": [{"vulns": [{"id": "A-1"}], "next_page_token": "again"}]})") == "");
    ++requests;
  }
  CHECK(requests == 50);
  CHECK(queries.answers[0].problem == "there are more pages of advisories than are read");
}

TEST_CASE("the path of a record") {
  CHECK(advisory_path("GHSA-h5c8-rqwp-cp95") == "/v1/vulns/GHSA-h5c8-rqwp-cp95");
  CHECK(advisory_path("RHSA-2022:1") == "/v1/vulns/RHSA-2022%3A1");
  for (const auto* id : {"", "a/b", "..", "a b", "a%2fb", "a?b"}) CHECK_FALSE(advisory_path(id));
}
