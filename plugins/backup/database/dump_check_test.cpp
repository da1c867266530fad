#include "backup/database/dump_check.hpp"

#include <catch2/catch.hpp>

#include "backup/database/database_testing.hpp"

using namespace maintain::plugins::backup;
using maintain::plugins::backup::testing::gzipped;

namespace {

// Every way to cut the text into two pieces, and single bytes: the verdict is always the same.
std::optional<std::string> judged(const DumpRule& rule, const std::string& text) {
  DumpCheck single(rule);
  for (const char c : text) single.add({&c, 1});
  const auto verdict = single.problem();
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    DumpCheck check(rule);
    check.add(std::string_view(text).substr(0, cut));
    check.add(std::string_view(text).substr(cut));
    if (check.problem() != verdict) return "not the same when cut at " + std::to_string(cut);
    if (check.bytes() != text.size()) return "miscounted when cut at " + std::to_string(cut);
  }
  return verdict;
}

const std::string sql = "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE t (a int);\n\n"
                        "--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict D6VYcRmRgWofJuAfmQShlAlx\n\n";
const DumpRule plain{.end = {"-- PostgreSQL database dump complete\n"}};

}  // namespace

TEST_CASE("backup: a dump is whole when its last lines are there, however it is cut into pieces") {
  CHECK(judged(plain, sql) == std::nullopt);
  CHECK(judged({.end = {"-- Dump completed"}}, "x\n-- Dump completed on 2026-11-29  6:16:24\n") == std::nullopt);
  CHECK(judged({.end = {"-- Dump completed"}}, "-- Dump completed") == std::nullopt);  // the very first line, too
}

TEST_CASE("backup: every beginning of a dump is found to end early") {
  const std::size_t complete = sql.find("complete\n") + 9;
  for (std::size_t size = 1; size < complete; ++size) {
    DumpCheck check(plain);
    check.add(std::string_view(sql).substr(0, size));
    CAPTURE(size);
    REQUIRE(check.problem());
    CHECK(check.problem()->find("ends early") != std::string::npos);
  }
}

TEST_CASE("backup: the end of a dump counts at its end and at the beginning of a line only") {
  const std::string row = "INSERT INTO t VALUES ('-- Dump completed');\n";
  CHECK(judged({.end = {"-- Dump completed"}}, row));
  CHECK(judged({.end = {"-- Dump completed"}}, "-- Dump completed\n" + std::string(5000, 'x')));
  CHECK(judged({.end_text = "completed"}, row) == std::nullopt);
  CHECK(judged({.end_text = "completed"}, "completed" + std::string(5000, 'x')));
}

TEST_CASE("backup: lines at the end of a dump have an order") {
  const DumpRule sqlite{.end = {"COMMIT;\nPRAGMA user_version=", "-- Dump completed"}};
  CHECK(judged(sqlite, "BEGIN;\nCOMMIT;\nPRAGMA user_version=7;\n-- Dump completed\n") == std::nullopt);
  const auto problem =
      judged(sqlite, "BEGIN;\nROLLBACK; -- due to errors\nPRAGMA user_version=7;\n-- Dump completed\n");
  REQUIRE(problem);
  CHECK(*problem == "it ends early: the line \"COMMIT;\" is missing at its end");
  CHECK(judged(sqlite, "-- Dump completed\nCOMMIT;\nPRAGMA user_version=7;\n"));
}

TEST_CASE("backup: a dump has a beginning") {
  CHECK(judged({.start = "PGDMP"}, "PGDMP\x01\x0e") == std::nullopt);
  CHECK(judged({.start = "PGDMP"}, "PGDM"));
  CHECK(judged({.start = "PGDMP"}, "usage: pg_dump"));
  CHECK(judged({}, "") == "it is empty");
  CHECK(judged({.may_be_empty = true}, "") == std::nullopt);
}

TEST_CASE("backup: a compressed dump is whole up to its checksum") {
  DumpRule rule = plain;
  rule.gzip = true;
  const std::string packed = gzipped(sql);
  CHECK(judged(rule, packed) == std::nullopt);
  for (std::size_t size = 1; size < packed.size(); ++size) {
    DumpCheck check(rule);
    check.add(std::string_view(packed).substr(0, size));
    CAPTURE(size);
    CHECK(check.problem());
  }
  std::string flipped = packed;
  flipped[packed.size() - 6] ^= 1;  // in the CRC
  REQUIRE(judged(rule, flipped));
  CHECK(judged(rule, flipped)->find("damaged") != std::string::npos);
  CHECK(judged(rule, packed + "x") == "its compressed data have ended, and something follows");
  CHECK(judged(rule, sql)->find("damaged") != std::string::npos);
  CHECK(judged(rule, gzipped("--\n-- PostgreSQL database dump\n--\n"))->find("ends early") != std::string::npos);
}

TEST_CASE("backup: what expands to very much is looked at in small pieces") {
  DumpRule rule = plain;
  rule.gzip = true;
  const std::string packed = gzipped(std::string(20'000'000, '\n') + sql);
  DumpCheck check(rule);
  check.add(packed);
  CHECK(check.problem() == std::nullopt);
}
