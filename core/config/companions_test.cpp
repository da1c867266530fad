#include "config/companions.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "config/test_rules.hpp"

using namespace maintain;
using Json = nlohmann::json;

namespace {

ConfigRules rules() {
  ConfigRules rules = test_rules();
  TaskType copy = make_type("copy.database", "backup", R"({"type": "object", "required": ["database"], "properties": {
      "database": {"type": "string"}}})");
  copy.companions = {{"drill", "copy.drill"}};
  TaskType drill = make_type("copy.drill", "backup", R"({"type": "object", "properties": {
      "assert": {"type": "array", "items": {"type": "string"}, "default": []}}})");
  drill.standalone = false;
  TaskType restore = make_type("copy.restore", "backup", "");
  restore.standalone = false;
  rules.types.insert(rules.types.end(), {copy, drill, restore});
  return rules;
}

ParsedProject parse(const std::string& tasks) {
  return parse_project_config("/etc/maintain.d/shop.yml",
                              "version: 2\ntimezone: Europe/Berlin\ntasks:\n" + tasks, rules());
}

std::string error_of(const std::string& tasks) {
  const ParsedProject parsed = parse(tasks);
  REQUIRE(parsed.errors.size() == 1);
  return parsed.errors.front().describe();
}

const std::string orders = "  orders:\n    use: copy.database\n    database: orders\n";
using Catch::Contains;

}  // namespace

TEST_CASE("companions: a key makes a second task, which knows the first") {
  const ParsedProject parsed =
      parse(orders + "    drill: {when: \"0 3 * * sun\", timeout: 2h, assert: [select 1]}\n");
  CHECK(parsed.errors.empty());
  REQUIRE(parsed.project.tasks.size() == 2);
  const TaskSpec& parent = parsed.project.tasks[0];
  const TaskSpec& drill = parsed.project.tasks[1];
  CHECK(parent.companion_of.empty());
  CHECK(parent.options == R"({"database":"orders"})");
  CHECK(drill.name == "orders.drill");
  CHECK(drill.use == "copy.drill");
  CHECK(drill.companion_of == "orders");
  CHECK(drill.when == "0 3 * * sun");
  CHECK(drill.timezone == "Europe/Berlin");
  CHECK(drill.timeout == std::chrono::hours(2));
  CHECK(drill.after == std::vector<std::string>{"orders"});
  CHECK(Json::parse(drill.options) ==
        Json{{"assert", {"select 1"}}, {"parent", {{"type", "copy.database"}, {"options", {{"database", "orders"}}}}}});
  CHECK(drill.where.line == 7);
}

TEST_CASE("companions: mistakes are told with their place, and cost the second task only") {
  CHECK(error_of(orders + "    drill: {whan: x}\n") ==
        "/etc/maintain.d/shop.yml:7:13: task 'orders.drill': unknown key 'whan' (did you mean 'when'?)");
  CHECK(parse(orders + "    drill: {whan: x}\n").project.tasks.size() == 1);
  CHECK_THAT(error_of(orders + "    drill: weekly\n"), Contains("'drill' must be a mapping"));
  CHECK_THAT(error_of(orders + "    drill: {after: other}\n"), Contains("goes after its task"));
  CHECK_THAT(error_of(orders + "    drill: {assert: 7}\n"), Contains("orders.drill") && Contains("assert"));
  CHECK_THAT(error_of(orders + "    drill: {use: apt.check}\n"), Contains("use"));
  CHECK_THAT(error_of(orders + "    drill: {}\n  orders.drill: {use: apt.check}\n"),
             Contains("has the name of the task that 'drill' of 'orders' makes"));
}

TEST_CASE("companions: a type that is none of its own says how it is written") {
  CHECK_THAT(error_of("  x: {use: copy.drill}\n"), Contains("no task of its own") &&
                                                        Contains("use: copy.database, drill: {when: …}"));
  CHECK_THAT(error_of("  x: {use: copy.restore}\n"), Contains("started by hand"));
}

TEST_CASE("companions: other tasks may go after one") {
  const ParsedProject parsed = parse(orders + "    drill: {}\n  report: {use: apt.check, after: orders.drill}\n");
  CHECK(parsed.errors.empty());
  CHECK(parsed.project.tasks.size() == 3);
}
