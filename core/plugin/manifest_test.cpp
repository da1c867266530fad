#include "plugin/manifest.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

namespace {

const std::string full = R"({
  "abi": "1.0", "id": "apt", "version": "1.2.3", "summary": "Keeps packages current",
  "needs": ["maintain.exec/1"], "wants": ["maintain.lock/1"], "http": ["https://index.example.org/simple/"],
  "tasks": [
    {"type": "apt.upgrade", "summary": "Upgrade packages", "scope": "server", "order": "first", "changes": true,
     "permission": "patch", "window": "30m", "timeout": "2h",
     "schema": {"type": "object", "properties": {"hold": {"type": "array"}}},
     "legacy": [{"key": "maintenance_apply_when", "status_key": "maintenance_apply_when", "nickname": "osfixes",
                 "options": {"path": "paths"}, "defaults": {"threshold": 5}}]},
    {"type": "apt.check", "summary": "Report pending packages", "changes": false, "permission": "report", "schema": {}}
  ]})";

// The manifest with one piece of its text replaced.
std::string with(const std::string& piece, const std::string& replacement) {
  std::string text = full;
  const auto at = text.find(piece);
  REQUIRE(at != std::string::npos);
  return text.replace(at, piece.size(), replacement);
}

std::string refusal(const std::string& json) {
  const auto manifest = parse_manifest(json);
  REQUIRE_FALSE(manifest);
  CHECK(manifest.error().kind == ErrorKind::refused);
  return manifest.error().message;
}

}  // namespace

TEST_CASE("a manifest is read with all it may say") {
  const auto manifest = parse_manifest(full);
  REQUIRE(manifest);
  CHECK(manifest->id == "apt");
  CHECK(manifest->version == "1.2.3");
  CHECK(manifest->abi_major == 1);
  CHECK(manifest->abi_minor == 0);
  CHECK(manifest->needs == std::vector<std::string>{"maintain.exec/1"});
  CHECK(manifest->wants == std::vector<std::string>{"maintain.lock/1"});
  CHECK(manifest->http == std::vector<std::string>{"https://index.example.org/simple/"});
  REQUIRE(manifest->task_types.size() == 2);

  const TaskType& upgrade = manifest->task_types[0];
  CHECK(upgrade.name == "apt.upgrade");
  CHECK(upgrade.plugin == "apt");
  CHECK(upgrade.scope == Scope::server);
  CHECK(upgrade.order == Order::first);
  CHECK(upgrade.changes);
  CHECK(upgrade.permission == "patch");
  CHECK(upgrade.default_window == Seconds(1800));
  CHECK(upgrade.default_timeout == Seconds(7200));
  CHECK(upgrade.schema == R"({"properties":{"hold":{"type":"array"}},"type":"object"})");
  REQUIRE(upgrade.legacy.size() == 1);
  CHECK(upgrade.legacy[0].key == "maintenance_apply_when");
  CHECK(upgrade.legacy[0].nickname == "osfixes");
  CHECK(upgrade.legacy[0].options == R"({"path":"paths"})");
  CHECK(upgrade.legacy[0].defaults == R"({"threshold":5})");

  const TaskType& check = manifest->task_types[1];
  CHECK(check.scope == Scope::project);
  CHECK(check.order == Order::middle);
  CHECK_FALSE(check.changes);
  CHECK_FALSE(check.default_window);
  CHECK(check.default_timeout == Seconds(1800));
  CHECK(check.legacy.empty());
}

TEST_CASE("what is wrong is named by its key") {
  CHECK(refusal(with(R"("id": "apt")", R"("id": "Apt!")")).find("id must be") != std::string::npos);
  CHECK(refusal(with(R"("version": "1.2.3", )", "")).find("version is missing") != std::string::npos);
  CHECK(refusal(with(R"("1.0")", R"("one")")).find("abi must be") != std::string::npos);
  CHECK(refusal(with(R"("timeout": "2h")", R"("timeout": 7200)")).find("tasks[0].timeout must be a string") !=
        std::string::npos);
  CHECK(refusal(with(R"("timeout": "2h")", R"("timeout": "0s")")).find("tasks[0].timeout") != std::string::npos);
  CHECK(refusal(with(R"("timeout")", R"("timeuot")")).find("did you mean 'timeout'?") != std::string::npos);
  CHECK(refusal(with(R"("server")", R"("planet")")).find("tasks[0].scope") != std::string::npos);
  CHECK(refusal(with(R"("patch")", R"("everything")")).find("tasks[0].permission") != std::string::npos);
  CHECK(refusal(with(R"("apt.check")", R"("apt.upgrade")")).find("tasks[1].type is listed twice") != std::string::npos);
  CHECK(refusal(with(R"("schema": {}})", R"("schema": []})")).find("tasks[1].schema") != std::string::npos);
  CHECK(refusal(with(R"("paths"})", R"(7})")).find("tasks[0].legacy[0].options.path") != std::string::npos);
  CHECK(refusal(R"({"abi":"1.0","id":"a","version":"1","summary":"s","tasks":[]})").find("tasks") != std::string::npos);
}

TEST_CASE("what is no manifest is refused") {
  refusal("");
  refusal("[]");
  refusal("{");
  refusal(full + "x");
  refusal(std::string(300 * 1024, ' '));
  refusal(std::string(100'000, '['));
  refusal(with("Keeps", "Kee\xff"));
}

TEST_CASE("text for people is made fit to be shown") {
  const auto manifest = parse_manifest(with("Keeps packages", "Keeps\\u001b[31m\\npackages"));
  REQUIRE(manifest);
  CHECK(manifest->summary.find('\x1b') == std::string::npos);
  CHECK(manifest->summary.find('\n') == std::string::npos);
}

TEST_CASE("a newer plugin may have keys that are not known here") {
  // The catalog refuses it for its ABI, which tells the person more than an unknown key would.
  const auto manifest = parse_manifest(R"({"abi":"1.999","id":"a","version":"1","summary":"s","novelty":1,
    "tasks":[{"type":"a.b","summary":"s","permission":"report","schema":{},"novelty":2}]})");
  REQUIRE(manifest);
  CHECK(manifest->abi_minor == 999);
}

TEST_CASE("companions and what restores are task types of the plugin that are none of their own") {
  const std::string dependent = R"({"type": "apt.again", "summary": "x", "permission": "report", "schema": {},
                                    "standalone": false}, )";
  const std::string uses = R"("companions": [{"key": "again", "type": "apt.again"}], "restore": "apt.again", )";
  const std::string text = with(R"({"type": "apt.check",)", dependent + R"({"type": "apt.check", )" + uses);
  const auto manifest = parse_manifest(text);
  REQUIRE(manifest);
  CHECK_FALSE(manifest->task_types[1].standalone);
  REQUIRE(manifest->task_types[2].companions.size() == 1);
  CHECK(manifest->task_types[2].companions[0].key == "again");
  CHECK(manifest->task_types[2].restore == "apt.again");
  CHECK_THAT(refusal(with(R"("permission": "report", "schema")", uses + R"("permission": "report", "schema")")),
             Catch::Contains("tasks[1].companions[0].type names 'apt.again'"));
  CHECK_THAT(refusal(with(R"("changes": false,)", R"("changes": false, "restore": "apt.upgrade",)")),
             Catch::Contains("tasks[1].restore names 'apt.upgrade'"));
  CHECK_THAT(refusal(with(R"("changes": false,)", R"("standalone": "no",)")), Catch::Contains("standalone"));
}
