#include "pydeps/advisory/affects.hpp"

#include <catch2/catch.hpp>

#include <string>

#include "pydeps/base/test_order.hpp"

using namespace maintain::pydeps;

namespace {

using Texts = std::vector<std::string>;

// An advisory for the package "a" with this behind its name.
Advisory about(const std::string& rest) {
  auto parsed = parse_advisory(R"({"id": "A-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, )" +
                               rest + "}]}");
  CAPTURE(rest, parsed.problem);
  REQUIRE(parsed.advisory);
  return *parsed.advisory;
}

// events: {"introduced": "1"}, ...
Advisory with_events(const std::string& events) {
  return about(R"("ranges": [{"type": "ECOSYSTEM", "events": [)" + events + "]}]");
}

Evaluation evaluate(const Advisory& advisory, std::string_view version) {
  return maintain::pydeps::evaluate(advisory, "a", version, testing::test_order);
}

Verdict verdict(const Advisory& advisory, std::string_view version) { return evaluate(advisory, version).verdict; }

}  // namespace

// The examples of the OSV format's documentation.
TEST_CASE("ranges of the specification's examples") {
  const auto unfixed = with_events(R"({"introduced": "0"})");
  for (const auto* version : {"0.dev1", "0.0.1", "99"}) CHECK(verdict(unfixed, version) == Verdict::affected);

  const auto fixed = with_events(R"({"introduced": "0"}, {"fixed": "1.0.2"})");
  CHECK(verdict(fixed, "0") == Verdict::affected);
  CHECK(verdict(fixed, "1.0.1") == Verdict::affected);
  CHECK(verdict(fixed, "1.0.2rc1") == Verdict::affected);
  CHECK(verdict(fixed, "1.0.2") == Verdict::not_affected);
  CHECK(verdict(fixed, "1.0.10") == Verdict::not_affected);

  // Two ranges, not in the order of their versions.
  const auto twice = with_events(R"({"introduced": "3.0.0"}, {"fixed": "3.2.5"},
                                    {"introduced": "1.0.0"}, {"fixed": "1.0.2"})");
  CHECK(verdict(twice, "0.9") == Verdict::not_affected);
  CHECK(verdict(twice, "1.0.1") == Verdict::affected);
  CHECK(verdict(twice, "2.0") == Verdict::not_affected);
  CHECK(verdict(twice, "3.0.0") == Verdict::affected);
  CHECK(verdict(twice, "3.2.5") == Verdict::not_affected);

  const auto last = with_events(R"({"introduced": "0"}, {"last_affected": "2.1.214"})");
  CHECK(verdict(last, "2.1.214") == Verdict::affected);
  CHECK(verdict(last, "2.1.215") == Verdict::not_affected);
}

TEST_CASE("limits bound a range") {
  const auto limited = with_events(R"({"introduced": "1"}, {"limit": "2"}, {"limit": "3"})");
  CHECK(verdict(limited, "0.9") == Verdict::not_affected);
  CHECK(verdict(limited, "2.5") == Verdict::affected);
  CHECK(verdict(limited, "3") == Verdict::not_affected);
  CHECK(verdict(with_events(R"({"introduced": "1"}, {"limit": "*"})"), "9") == Verdict::affected);
}

TEST_CASE("listed versions are affected, by text and by order") {
  const auto listed = about(R"("versions": ["1.0", "weird-1"])");
  CHECK(verdict(listed, "1.0") == Verdict::affected);
  CHECK(verdict(listed, "1.0.0") == Verdict::affected);
  CHECK(verdict(listed, "weird-1") == Verdict::affected);
  CHECK(verdict(listed, "1.0.1") == Verdict::not_affected);
  CHECK(verdict(listed, "weird-2") == Verdict::not_affected);
  CHECK(evaluate(listed, "1.0").doubts.empty());
}

TEST_CASE("other packages are not affected, other spellings are") {
  const auto all = with_events(R"({"introduced": "0"})");
  CHECK(maintain::pydeps::evaluate(all, "b", "1", testing::test_order).verdict == Verdict::not_affected);
  CHECK(maintain::pydeps::evaluate(all, "A", "1", testing::test_order).verdict == Verdict::affected);
}

TEST_CASE("a local label does not hide an affected version") {
  CHECK(verdict(about(R"("versions": ["2.0.1"])"), "2.0.1+cu118") == Verdict::affected);
  const auto last = with_events(R"({"introduced": "0"}, {"last_affected": "2.0.1"})");
  CHECK(verdict(last, "2.0.1+cu118") == Verdict::affected);
  CHECK(verdict(with_events(R"({"introduced": "0"}, {"fixed": "2.0.1"})"), "2.0.1+cu118") == Verdict::not_affected);
}

TEST_CASE("a range that ends before it begins is a doubt for what is before its end") {
  const auto turned = with_events(R"({"introduced": "2.0"}, {"fixed": "1.5"})");
  const auto before = evaluate(turned, "1.0");
  CHECK(before.verdict == Verdict::doubtful);
  CHECK(before.doubts == Texts{"`fixed` \"1.5\" ends a range that nothing before it begins"});
  CHECK(verdict(turned, "1.7") == Verdict::not_affected);
  const auto behind = evaluate(turned, "2.1");
  CHECK(behind.verdict == Verdict::affected);
  CHECK(behind.doubts.size() == 1);
  CHECK(behind.fixes.empty());
}

TEST_CASE("a range without a beginning is a doubt up to its end only") {
  const auto fixed = with_events(R"({"fixed": "1.5"})");
  CHECK(verdict(fixed, "1.4") == Verdict::doubtful);
  CHECK(verdict(fixed, "1.5") == Verdict::not_affected);
  CHECK(evaluate(fixed, "1.5").doubts.empty());
  CHECK(evaluate(fixed, "1.4").fixes == Texts{"1.5"});
  const auto last = with_events(R"({"last_affected": "1.5"})");
  CHECK(verdict(last, "1.5") == Verdict::doubtful);
  CHECK(verdict(last, "1.6") == Verdict::not_affected);
  CHECK(verdict(with_events(""), "1") == Verdict::doubtful);
  CHECK(evaluate(with_events(""), "1").doubts == Texts{"a range has no beginning"});
}

// Fixes of several series in one range that begins once: by the algorithm 3.2.5 is not affected, which nobody meant.
TEST_CASE("fixes of several series without beginnings are doubts between them") {
  const auto series = with_events(
      R"({"introduced": "0"}, {"fixed": "2.2.28"}, {"fixed": "3.2.13"}, {"fixed": "4.0.4"})");
  CHECK(verdict(series, "2.2.27") == Verdict::affected);
  CHECK(evaluate(series, "2.2.27").doubts.empty());
  CHECK(verdict(series, "3.2.5") == Verdict::doubtful);
  CHECK(evaluate(series, "3.2.5").doubts == Texts{"`fixed` \"3.2.13\" ends a range that nothing before it begins"});
  CHECK(evaluate(series, "3.2.5").fixes == Texts{"3.2.13", "4.0.4"});
  CHECK(verdict(series, "4.0.4") == Verdict::not_affected);
}

TEST_CASE("what ends and begins at one version") {
  const auto again = with_events(R"({"introduced": "0"}, {"fixed": "1"}, {"introduced": "1"}, {"fixed": "2"})");
  CHECK(verdict(again, "1") == Verdict::affected);
  const auto empty = with_events(R"({"introduced": "1"}, {"fixed": "1.0"})");
  CHECK(verdict(empty, "1") == Verdict::not_affected);
  const auto one = with_events(R"({"last_affected": "1"}, {"introduced": "1"})");
  CHECK(verdict(one, "1") == Verdict::affected);
  CHECK(verdict(one, "2") == Verdict::not_affected);
}

TEST_CASE("versions that are none are doubts") {
  const auto fixed = with_events(R"({"introduced": "0"}, {"fixed": "see notes"})");
  CHECK(evaluate(fixed, "1").verdict == Verdict::affected);
  CHECK(evaluate(fixed, "1").doubts == Texts{"\"see notes\" is no version of PEP 440"});
  CHECK(evaluate(fixed, "1").fixes.empty());

  const auto introduced = with_events(R"({"introduced": "trunk"}, {"fixed": "2"})");
  CHECK(verdict(introduced, "1") == Verdict::doubtful);

  const auto limit = with_events(R"({"introduced": "1"}, {"limit": "x"})");
  CHECK(verdict(limit, "9") == Verdict::affected);
  CHECK(evaluate(limit, "9").doubts.size() == 1);
}

TEST_CASE("an installed version that is none of PEP 440 is never taken for a safe one") {
  CHECK(verdict(with_events(R"({"introduced": "0"})"), "weird") == Verdict::affected);
  CHECK(evaluate(with_events(R"({"introduced": "0"})"), "weird").doubts.empty());
  const auto ends = evaluate(with_events(R"({"introduced": "0"}, {"fixed": "2"})"), "weird");
  CHECK(ends.verdict == Verdict::affected);
  CHECK(ends.doubts == Texts{"\"weird\" is no version of PEP 440"});
  CHECK(ends.fixes == Texts{"2"});
  CHECK(verdict(with_events(R"({"introduced": "1"}, {"fixed": "2"})"), "weird") == Verdict::doubtful);
  CHECK(evaluate(with_events(R"({"introduced": "1"})"), "\x1b[2J").doubts ==
        Texts{"\"?[2J\" is no version of PEP 440"});
}

TEST_CASE("a package without versions is a doubt, whatever its version") {
  CHECK(evaluate(about(R"("ranges": [])"), "1").doubts == Texts{"it does not say which versions are affected"});
  const auto commits = about(R"("ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}])");
  CHECK(verdict(commits, "1") == Verdict::doubtful);
  CHECK(verdict(about(R"("ranges": [{"type": "NEW"}])"), "1") == Verdict::doubtful);
}

TEST_CASE("a broken part beside good ones is told of what is affected, and alarms nobody else") {
  const auto advisory = with_events(R"({"introduced": "0"}, {}, {"fixed": "2.4.0"})");
  CHECK(verdict(advisory, "2.4.0") == Verdict::not_affected);
  CHECK(evaluate(advisory, "2.3").doubts == Texts{"an event of a range names no version"});
  const auto listed = about(R"("versions": ["1"], "ranges": [{"type": "ECOSYSTEM", "events": [{}]}])");
  CHECK(verdict(listed, "2") == Verdict::not_affected);
  CHECK(verdict(listed, "1") == Verdict::affected);
}

TEST_CASE("fixes are those of the version's own series first") {
  const auto django = with_events(R"({"introduced": "2.2"}, {"fixed": "2.2.24"}, {"introduced": "3.1"},
                                     {"fixed": "3.1.12"}, {"introduced": "3.2"}, {"fixed": "3.2.4"})");
  CHECK(evaluate(django, "3.1.5").fixes == Texts{"3.1.12", "3.2.4"});
  CHECK(evaluate(django, "2.2.1").fixes == Texts{"2.2.24", "3.1.12", "3.2.4"});
  CHECK(evaluate(django, "3.2").fixes == Texts{"3.2.4"});
  CHECK(evaluate(django, "3.2.4").fixes.empty());
}

TEST_CASE("a fix that another range affects is none") {
  const auto advisory = about(R"("ranges": [
      {"type": "ECOSYSTEM", "events": [{"introduced": "1"}, {"fixed": "1.2"}]},
      {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.3"}]}])");
  CHECK(evaluate(advisory, "1.1").fixes == Texts{"1.3"});
}

TEST_CASE("fixes are ordered by how much they change") {
  const auto ordered = [](Texts fixes, std::string_view installed) {
    return ordered_fixes(std::move(fixes), installed, testing::test_order);
  };
  CHECK(ordered({"5.0", "4.2.8", "3.9", "4.3", "4.2.7", "4.2.7.0", "x", "4.2.5"}, "4.2.5") ==
        Texts{"4.2.7", "4.2.8", "4.3", "5.0"});
  CHECK(ordered({"2", "1.0.1", "1.1"}, "1") == Texts{"1.0.1", "1.1", "2"});
  CHECK(ordered({"2", "1"}, "weird") == Texts{"1", "2"});
  CHECK(ordered({}, "1").empty());
}

TEST_CASE("without an order versions are compared as text, and the rest is doubt") {
  const VersionOrder none = [](std::string_view, std::string_view) { return std::nullopt; };
  CHECK(maintain::pydeps::evaluate(about(R"("versions": ["1"])"), "a", "1", none).verdict == Verdict::affected);
  CHECK(maintain::pydeps::evaluate(with_events(R"({"introduced": "1"})"), "a", "1", none).verdict == Verdict::doubtful);
}
