#include "store/import_legacy.hpp"

#include <catch2/catch.hpp>

#include "store/testing.hpp"

using namespace maintain;
using maintain::testing::at;
using maintain::testing::must;

namespace {

const Time now = at("2026-11-22T13:03:41Z");

LegacyStatus parse(std::string_view text) { return must(parse_legacy_status("maintenance-status.json", text, now)); }

}  // namespace

TEST_CASE("the earlier bot's own file is read") {
  const auto status = parse(R"({"web1": {"maintenance_apply_when": 1763769600, "maintenance_reboot_when": 0,
                                         "db_backup_when": 1763769601}, "db1": {"check_os_fixes_when": 1763700000},
                                "new": {}})");
  CHECK(status.warnings.empty());
  const std::vector<LegacyMark> expected{
      {"db1", "check_os_fixes_when", at("2025-11-21T04:40:00Z")},
      {"web1", "db_backup_when", at("2025-11-22T00:00:01Z")},
      {"web1", "maintenance_apply_when", at("2025-11-22T00:00:00Z")}};  // 0 is "never performed"
  CHECK(status.marks == expected);
}

TEST_CASE("an empty file of a fresh installation is fine") {
  CHECK(parse("{}").marks.empty());
  CHECK(parse("{}").warnings.empty());
}

TEST_CASE("times written by hand") {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"1763769600.9", "2025-11-22T00:00:00Z"},
      {"\"1763769600\"", "2025-11-22T00:00:00Z"},
      {"\"2025-11-22\"", "2025-11-22T00:00:00Z"},
      {"\"2025-11-22 13:03\"", "2025-11-22T13:03:00Z"},
      {"\"2025-11-22T13:03:41\"", "2025-11-22T13:03:41Z"},
      {"\"2025-11-22T13:03:41.250317\"", "2025-11-22T13:03:41Z"},
      {"\"2025-11-22T13:03:41Z\"", "2025-11-22T13:03:41Z"},
      {"\"2025-11-22T13:03:41+01:00\"", "2025-11-22T12:03:41Z"},
      {"\"2025-11-22 13:03:41.5 -0530\"", "2025-11-22T18:33:41Z"},
      {"\"2024-02-29T00:00:00+14\"", "2024-02-28T10:00:00Z"}};
  for (const auto& [written, meant] : rows) {
    INFO(written);
    const auto status = parse(R"({"web1": {"db_backup_when": )" + written + "}}");
    REQUIRE(status.marks.size() == 1);
    CHECK(format_time(status.marks.front().at) == meant);
  }
}

TEST_CASE("one bad entry costs itself and is named") {
  const std::string bad = GENERATE(R"("yesterday")", R"("2025-02-29")", R"("2025-11-22T25:00")", R"("2025-11-22T12:00+25")",
                                   R"("2025-11-22T12:00:00 GMT")", "[1]", "{}", "true", "-5", "1e300", R"("")", R"("+1")");
  INFO(bad);
  const auto status = parse(R"({"web1": {"a_when": )" + bad + R"(, "b_when": 1763769600}})");
  REQUIRE(status.marks.size() == 1);
  CHECK(status.marks.front().status_key == "b_when");
  REQUIRE(status.warnings.size() == 1);
  CHECK(status.warnings.front().describe().find("a_when") != std::string::npos);
  CHECK(status.warnings.front().describe().find("web1") != std::string::npos);
}

TEST_CASE("null is never, the future is refused: it would keep a task from being due") {
  const auto status = parse(R"({"web1": {"a_when": null, "b_when": "2026-11-22T13:05:00Z", "c_when": "2027-01-01"}})");
  REQUIRE(status.marks.size() == 1);
  CHECK(status.marks.front().status_key == "b_when");  // within the tolerance between two clocks
  REQUIRE(status.warnings.size() == 1);
  CHECK(status.warnings.front().message.find("future") != std::string::npos);
}

TEST_CASE("a server that is no object is left out, a file that is none is an error") {
  const auto status = parse(R"({"web1": 5, "db1": {"db_backup_when": 1763769600}})");
  CHECK(status.marks.size() == 1);
  CHECK(status.warnings.size() == 1);
  for (const std::string text : {"", "[]", "3", "{", "{\"a\": {}} x", "\xff\xfe"}) {
    const auto refused = parse_legacy_status("f.json", text, now);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().kind == ErrorKind::configuration);
    CHECK(refused.error().describe().find("f.json") == 0);
  }
  CHECK_FALSE(parse_legacy_status("f.json", std::string(100000, '['), now).has_value());
}

TEST_CASE("marks find their task by the status key the legacy file gave it") {
  TaskSpec database;
  database.name = "db_backup";
  database.legacy_status_key = "db_backup_when";
  TaskSpec own;
  own.name = "orders";
  Project legacy;
  legacy.tasks = {database, own};
  const std::vector<LegacyMark> marks{{"web1", "db_backup_when", now}, {"web2", "db_backup_when", now},
                                      {"web1", "", now}};
  const auto matches = match_legacy_marks(marks, "web1", {legacy});
  REQUIRE(matches.size() == 1);
  CHECK(matches.front().first == TaskKey{"web1", "", "db_backup"});
  CHECK(match_legacy_marks(marks, "web3", {legacy}).empty());
}
