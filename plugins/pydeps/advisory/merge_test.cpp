#include "pydeps/advisory/merge.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <string>

#include "pydeps/base/test_order.hpp"

using namespace maintain::pydeps;

namespace {

using Texts = std::vector<std::string>;

// A record for the package "a": `members` are further ones of the record, `events` the events of its range.
Advisory record(const std::string& id, const std::string& events, const std::string& members = "") {
  auto parsed = parse_advisory(R"({"id": ")" + id + R"(", )" + (members.empty() ? "" : members + ", ") +
                               R"("affected": [{"package": {"ecosystem": "PyPI", "name": "a"},
                                 "ranges": [{"type": "ECOSYSTEM", "events": [)" + events + "]}]}]}");
  CAPTURE(id, events, members, parsed.problem);
  REQUIRE(parsed.advisory);
  return *parsed.advisory;
}

std::vector<Vulnerability> found(const std::vector<Advisory>& advisories, std::string_view version = "1.0") {
  return vulnerabilities("a", version, advisories, testing::test_order);
}

const std::string until_2 = R"({"introduced": "0"}, {"fixed": "2"})";

std::string aliases(const std::string& ids) { return "\"aliases\": [" + ids + "]"; }

std::string word(const std::string& severity) { return R"("database_specific": {"severity": ")" + severity + "\"}"; }

std::string vector(const std::string& text) { return R"("severity": [{"type": "CVSS_V3", "score": ")" + text + "\"}]"; }

}  // namespace

TEST_CASE("records with a common alias are one vulnerability") {
  const auto one = found({record("PYSEC-2024-2", until_2, aliases(R"("CVE-2024-1")")),
                          record("GHSA-xxxx-yyyy-zzzz", until_2, aliases(R"("CVE-2024-1")"))});
  REQUIRE(one.size() == 1);
  CHECK(one[0].id == "CVE-2024-1");
  CHECK(one[0].ids == Texts{"CVE-2024-1", "GHSA-xxxx-yyyy-zzzz", "PYSEC-2024-2"});
  CHECK(one[0].records == Texts{"GHSA-xxxx-yyyy-zzzz", "PYSEC-2024-2"});
  CHECK(one[0].verdict == Verdict::affected);
  CHECK(one[0].fixes == Texts{"2"});
}

TEST_CASE("aliases join over others, and records without one stay apart") {
  const auto two = found({record("B-1", until_2, aliases(R"("C-1")")), record("D-1", until_2),
                          record("A-1", until_2, aliases(R"("B-1")")),
                          record("E-1", until_2, aliases(R"("C-1", "F-1")"))});
  REQUIRE(two.size() == 2);
  CHECK(two[0].ids == Texts{"A-1", "B-1", "C-1", "E-1", "F-1"});
  CHECK(two[1].ids == Texts{"D-1"});
}

TEST_CASE("ids are preferred by database, then as numbers") {
  CHECK(id_before("CVE-2024-9", "GHSA-a"));
  CHECK(id_before("GHSA-a", "PYSEC-2020-1"));
  CHECK(id_before("PYSEC-2020-1", "MAL-2020-1"));
  CHECK(id_before("CVE-2024-9", "CVE-2024-10"));
  CHECK(id_before("CVE-2023-99999", "CVE-2024-1"));
  CHECK(id_before("A", "A-1"));
  CHECK(id_before("A-01", "A-1"));
  CHECK_FALSE(id_before("A-1", "A-01"));
  CHECK_FALSE(id_before("A-1", "A-1"));
}

TEST_CASE("what was withdrawn does not exist, and of two records with one id the later counts") {
  CHECK(found({record("A-1", until_2, R"("withdrawn": "2024-01-01T00:00:00Z")")}).empty());
  const auto old = record("A-1", until_2, R"("modified": "2023-01-01T00:00:00Z")");
  const auto withdrawn =
      record("A-1", until_2, R"("modified": "2024-01-01T00:00:00Z", "withdrawn": "2024-01-01T00:00:00Z")");
  CHECK(found({old, withdrawn}).empty());
  CHECK(found({withdrawn, old}).empty());
  const auto revived = record("A-1", until_2, R"("modified": "2025-01-01T00:00:00Z")");
  CHECK(found({withdrawn, revived, old}).size() == 1);
}

TEST_CASE("other packages and versions that are not affected are not found") {
  CHECK(found({record("A-1", until_2)}, "2").empty());
  CHECK(vulnerabilities("b", "1", {record("A-1", until_2)}, testing::test_order).empty());
  CHECK(vulnerabilities("A", "1", {record("A-1", until_2)}, testing::test_order).size() == 1);
  CHECK(found({}).empty());
}

TEST_CASE("the highest severity of the records counts") {
  const auto merged = found({record("A-1", until_2, aliases(R"("B-1")") + ", " + word("LOW")),
                             record("B-1", until_2, vector("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"))});
  REQUIRE(merged.size() == 1);
  CHECK(merged[0].rating == Rating::high);
  CHECK(merged[0].score == 75);
  CHECK(merged[0].vector == "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N");
  CHECK(merged[0].doubts.empty());
}

TEST_CASE("a severity that is not understood is unknown and told, unless a word helps") {
  const auto unknown = found({record("A-1", until_2, vector("AV:N/AC:L/Au:N/C:P/I:P/A:P"))});
  CHECK(unknown.at(0).rating == Rating::unknown);
  CHECK(unknown[0].doubts == Texts{"A-1: its severity \"AV:N/AC:L/Au:N/C:P/I:P/A:P\" is not understood"});
  const auto worded = found({record("A-1", until_2, vector("x") + ", " + word("MODERATE"))});
  CHECK(worded.at(0).rating == Rating::medium);
  CHECK_FALSE(worded[0].score);
  CHECK(worded[0].doubts.empty());
  CHECK(found({record("A-1", until_2, word("dire"))}).at(0).doubts ==
        Texts{"A-1: its severity \"dire\" is not understood"});
  CHECK(found({record("A-1", until_2)}).at(0).doubts.empty());
}

TEST_CASE("a severity of the package goes before that of the record") {
  auto parsed = parse_advisory(R"({"id": "A-1", "severity": [{"type": "CVSS_V3",
      "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}], "affected": [{
      "package": {"ecosystem": "PyPI", "name": "a"}, "versions": ["1"], "severity": [
      {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"},
      {"type": "CVSS_V4", "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:N/VA:N/SC:L/SI:L/SA:N"}]}]})");
  const auto severity = severity_of(*parsed.advisory, "a");
  CHECK(severity.score == 61);
  CHECK(severity.rating == Rating::medium);
  CHECK(severity_of(*parsed.advisory, "b").score == 98);
}

TEST_CASE("fixes are those of all records, without what one of them says is affected") {
  const auto merged = found({record("A-1", R"({"introduced": "0"}, {"fixed": "1.0.1"})", aliases(R"("B-1")")),
                             record("B-1", R"({"introduced": "0"}, {"fixed": "1.2"},
                                              {"introduced": "2"}, {"fixed": "2.1"})")});
  REQUIRE(merged.size() == 1);
  CHECK(merged[0].fixes == Texts{"1.2", "2.1"});
  const auto never = found({record("A-1", R"({"introduced": "0"}, {"fixed": "1.0.1"})", aliases(R"("B-1")")),
                            record("B-1", R"({"introduced": "0"})")});
  CHECK(never.at(0).fixes == Texts{"1.0.1"});
  CHECK(never[0].doubts == Texts{"A-1: its records disagree on which version fixes it"});
}

TEST_CASE("records that disagree count as affected, and it is told who says no") {
  const auto merged = found({record("A-1", until_2, aliases(R"("B-1")")), record("B-1", R"({"introduced": "5"})")});
  REQUIRE(merged.size() == 1);
  CHECK(merged[0].verdict == Verdict::affected);
  CHECK(merged[0].doubts == Texts{"B-1: says that this version is not affected"});
}

TEST_CASE("a doubt is found as one") {
  const auto doubtful = found({record("A-1", R"({"fixed": "2"})")});
  REQUIRE(doubtful.size() == 1);
  CHECK(doubtful[0].verdict == Verdict::doubtful);
  CHECK(doubtful[0].doubts == Texts{"A-1: `fixed` \"2\" ends a range that nothing before it begins"});
}

TEST_CASE("what is malicious comes first, then what is most severe") {
  const auto sorted = found({record("MAL-2024-1", R"({"introduced": "0"})"), record("A-1", until_2, word("LOW")),
                             record("B-1", until_2, word("CRITICAL"))});
  REQUIRE(sorted.size() == 3);
  CHECK(sorted[0].id == "MAL-2024-1");
  CHECK(sorted[0].malicious);
  CHECK(sorted[1].id == "B-1");
  CHECK(sorted[2].id == "A-1");
  CHECK_FALSE(sorted[2].malicious);
}

TEST_CASE("the summary is one line, from the details when there is none") {
  const auto with = found({record("A-1", until_2, R"("summary": "Short\nmore", "details": "Long")")});
  CHECK(with.at(0).summary == "Short");
  const auto without = found({record("A-1", until_2, R"("details": "Long\nlonger")")});
  CHECK(without.at(0).summary == "Long");
}

TEST_CASE("records of both databases for one package, as they come") {
  const auto read = [](const std::string& name) {
    std::ifstream file(std::string(MAINTAIN_TESTDATA) + "/" + name);
    return *parse_advisory(std::string(std::istreambuf_iterator<char>(file), {})).advisory;
  };
  const std::vector<Advisory> all{read("GHSA-jinja.json"), read("PYSEC-django.json")};
  const auto jinja = vulnerabilities("Jinja2", "3.1.2", all, testing::test_order);
  REQUIRE(jinja.size() == 1);
  CHECK(jinja[0].id == "CVE-2024-22195");
  CHECK(jinja[0].rating == Rating::medium);
  CHECK(jinja[0].score == 54);
  CHECK(jinja[0].fixes == Texts{"3.1.3"});
  const auto django = vulnerabilities("django", "3.1.5", all, testing::test_order);
  REQUIRE(django.size() == 1);
  CHECK(django[0].score == 49);
  CHECK(django[0].fixes == Texts{"3.1.12", "3.2.4"});
}
