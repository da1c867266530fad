#include "config/project_config.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iterator>

#include "base/text.hpp"
#include "config/task_entry.hpp"
#include "config/test_rules.hpp"

using namespace maintain;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

ParsedProject parse(std::string_view text, const std::string& path = "/etc/maintain.d/web.yml") {
  return parse_project_config(path, text, test_rules());
}

// A file with these lines under `tasks:`.
ParsedProject tasks(const std::string& lines) { return parse("version: 2\ntasks:\n" + lines); }

std::vector<std::string> names(const ParsedProject& parsed) {
  std::vector<std::string> all;
  for (const TaskSpec& task : parsed.project.tasks) all.push_back(task.name);
  return all;
}

std::vector<std::string> told(const ParsedProject& parsed) {
  std::vector<std::string> all;
  for (const Error& error : parsed.errors) all.push_back(error.describe());
  return all;
}

const TaskSpec& task(const ParsedProject& parsed, std::string_view name) {
  for (const TaskSpec& spec : parsed.project.tasks)
    if (spec.name == name) return spec;
  FAIL("no task " << name << ": " << join(told(parsed), "\n"));
  throw std::logic_error("unreachable");
}

std::string first_error(const ParsedProject& parsed) {
  return parsed.errors.empty() ? "no error" : parsed.errors.front().describe();
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a project with every key") {
  std::ifstream file(MAINTAIN_TESTDATA "/shop.yml");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const ParsedProject parsed = parse(text, "/etc/maintain.d/other-name.yml");
  INFO(join(told(parsed), "\n"));
  REQUIRE(parsed.errors.empty());
  CHECK(parsed.usable);
  const Project& project = parsed.project;
  CHECK(project.name == "shop");
  CHECK(project.file == "/etc/maintain.d/other-name.yml");
  CHECK(project.timezone == "Europe/Berlin");
  CHECK(project.contact == "ops@example.org");
  CHECK(project.allow == std::set<std::string>{"report", "backup", "patch", "reboot"});
  CHECK(names(parsed) ==
        Names{"os-upgrade", "reboot", "orders", "media", "volumes", "certificates", "python", "by-hand"});

  CHECK(task(parsed, "os-upgrade").options == R"({"security_only":true})");
  CHECK(task(parsed, "os-upgrade").scope == Scope::server);
  CHECK(task(parsed, "os-upgrade").permission == "patch");
  CHECK(task(parsed, "os-upgrade").timezone == "Europe/Berlin");
  CHECK_FALSE(task(parsed, "os-upgrade").window);

  const TaskSpec& reboot = task(parsed, "reboot");
  CHECK(reboot.window == minutes(30));
  CHECK(reboot.timezone == "UTC");
  CHECK(reboot.order == Order::very_last);
  CHECK(reboot.where == Position{"/etc/maintain.d/other-name.yml", 10, 3});

  const TaskSpec& orders = task(parsed, "orders");
  CHECK(orders.when == "20 20 * * *");
  CHECK(orders.max_age == hours(36));
  CHECK(orders.timeout == hours(2));
  CHECK(orders.retry.first == minutes(5));
  CHECK(orders.retry.longest == hours(1));
  CHECK(orders.severity == State::warning);
  CHECK(orders.window == hours(12));  // the type's
  CHECK(orders.options == R"({"database":"orders","drill":{"when":"0 4 1 * *"},"engine":"postgresql","keep":{"daily":7,"monthly":6,"weekly":4}})");

  CHECK(task(parsed, "media").after == Names{"orders"});
  CHECK_FALSE(task(parsed, "volumes").enabled);
  CHECK(task(parsed, "certificates").retry.first == hours(1));
  CHECK(task(parsed, "certificates").retry.longest == hours(6));
  CHECK(task(parsed, "python").after == Names{"media", "orders"});
  CHECK(task(parsed, "by-hand").when.empty());
  CHECK(task(parsed, "by-hand").options == R"({"command":["/usr/local/bin/report","1.10"]})");
}

TEST_CASE("the file's name is the project's, unless it says otherwise") {
  const auto minimal = "version: 2\ntasks: {}\n";
  CHECK(parse(minimal, "/etc/maintain.d/shop-2.0.yml").project.name == "shop-2.0");
  CHECK(parse(minimal, "shop.yml").project.name == "shop");
  CHECK(parse(minimal).errors.empty());
  const ParsedProject capital = parse(minimal, "/etc/maintain.d/Shop.yml");
  CHECK_FALSE(capital.usable);
  CHECK(first_error(capital).find("the file's name 'Shop' is not a project's name") != std::string::npos);
  CHECK(parse("version: 2\nproject: shop\ntasks: {}\n", "/etc/maintain.d/Shop.yml").usable);
}

TEST_CASE("a mistake outside of tasks makes the file unusable") {
  const auto error = [](const char* text) {
    const ParsedProject parsed = parse(text);
    CHECK_FALSE(parsed.usable);
    CHECK(parsed.project.tasks.empty());
    CHECK(parsed.errors.size() == 1);
    return first_error(parsed);
  };
  const std::string at = "/etc/maintain.d/web.yml:";
  CHECK(error("") == at + "1:1: the file is empty (it begins with: version: 2)");
  CHECK(error("- a\n") == at + "1:1: the file must hold keys with values (it begins with: version: 2)");
  CHECK(error("tasks: {}\n") == at + "1:1: 'version' is missing (write: version: 2)");
  CHECK(error("version: 1.0.0\ntasks: {}\n") ==
        at + "1:10: version 1 is the earlier bot's format (it is read as /etc/emptyhammock-maintenance.yml only; here "
             "write version: 2)");
  CHECK(error("version: 3\n").find("newer than this maintain") != std::string::npos);
  CHECK(error("version: two\n") == at + "1:10: 'version' must be 2, not 'two'");
  CHECK(error("version: 2\n") == at + "1:1: 'tasks' is missing");
  CHECK(error("version: 2\ntasks:\n") == at + "2:1: 'tasks' must be a mapping, not nothing");
  CHECK(error("version: 2\ntasks: [a]\n") == at + "2:8: 'tasks' must be a mapping, not a list");
  CHECK(error("version: 2\nalow: [report]\ntasks: {}\n") == at + "2:1: unknown key 'alow' (did you mean 'allow'?)");
  CHECK(error("version: 2\ntimezone: Mars\ntasks: {}\n").find("2:11: 'timezone' must be a time zone, not 'Mars'") !=
        std::string::npos);
  CHECK(error("version: 2\nproject: A B\ntasks: {}\n").find("must be a name") != std::string::npos);
  CHECK(error("version: 2\nallow: []\ntasks: {}\n") == at + "2:8: 'allow' needs at least 1 item");
  CHECK(error("version: 2\nallow: report\ntasks: {}\n") == at + "2:8: 'allow' must be a list, not 'report'");
  CHECK(error("version: 2\ntasks: {}\nversion: 2\n") ==
        at + "3:1: the key 'version' is repeated; it is already on line 1, column 1 (keep one of them)");
  CHECK(error("version: 2\ntasks: {a: b\n").find("not valid YAML") != std::string::npos);
}

TEST_CASE("a permission nobody knows is told and allows nothing") {
  const ParsedProject parsed = parse("version: '2'\nallow: [report, bakup, sing]\ntasks: {}\n");
  CHECK(parsed.usable);
  CHECK(parsed.project.allow.contains("report"));
  REQUIRE(parsed.project.allow_at);
  CHECK(to_string(*parsed.project.allow_at) == "/etc/maintain.d/web.yml:2:1");
  CHECK(told(parsed) ==
        Names{"/etc/maintain.d/web.yml:2:17: 'allow': there is no permission 'bakup' (did you mean 'backup'?)",
                              "/etc/maintain.d/web.yml:2:24: 'allow': there is no permission 'sing' (there are: "
                              "backup, command, patch, reboot, report)"});
}

TEST_CASE("one bad task does not stop its neighbours") {
  const ParsedProject parsed = tasks(
      "  a: {use: apt.check, when: 0 5 * * *}\n"
      "  b: {use: apt.chek, when: 0 5 * * *}\n"
      "  c: {use: frobnicate, wen: 0 5 * * *, when: never}\n"
      "  d: {use: apt.check, when: 0 5 * *}\n"
      "  e: {use: backup.directory, paths: /srv}\n"
      "  f: {use: backup.directory, path: [/srv], paths: [srv]}\n"
      "  g: {when: 0 5 * * *}\n"
      "  h: just text\n"
      "  I: {use: apt.check}\n"
      "  j: {use: apt.check, threshold: -1, timezone: Mars}\n"
      "  k: {use: apt.check, wndow: 5m}\n"
      "  l: {use: apt.check, threshold: 3, threshold: 4}\n"
      "  m: {use: reboot.check, extra: 1}\n"
      "  z: {use: apt.check, threshold: 7}\n");
  CHECK(parsed.usable);
  CHECK(names(parsed) == Names{"a", "z"});
  const std::string at = "/etc/maintain.d/web.yml:";
  CHECK(told(parsed) == Names{
      at + "4:12: task 'b': no installed plugin offers the task type 'apt.chek' (did you mean 'apt.check'?)",
      at + "5:12: task 'c': no installed plugin offers the task type 'frobnicate' (maintain plugins list shows what "
           "is installed)",
      at + "5:46: task 'c': 'when' must be a cron line: 'never' does not have five fields (minute hour day month "
           "weekday)",
      at + "6:29: task 'd': 'when' must be a cron line: '0 5 * *' does not have five fields (minute hour day month "
           "weekday)",
      at + "7:37: task 'e': 'paths' must be a list, not '/srv'",
      at + "8:30: task 'f': unknown key 'path' (did you mean 'paths'?)",
      at + "8:52: task 'f': 'paths[0]' must be an absolute path, not 'srv'",
      at + "9:3: task 'g': 'use' is missing (it names the task type, as in use: apt.upgrade)",
      at + "10:3: task 'h' must be a mapping with 'use' (as in {use: apt.upgrade, when: \"5 21 * * *\"})",
      at + "11:3: 'I' is not a task's name (names are made of a-z, 0-9, '.', '_' and '-', and begin with a letter or "
           "digit)",
      at + "12:34: task 'j': 'threshold' must be at least 0, not '-1'",
      at + "12:48: task 'j': 'timezone' must be a time zone, not 'Mars' (write it like Europe/Berlin, or UTC)",
      at + "13:23: task 'k': unknown key 'wndow' (did you mean 'window'?)",
      at + "14:37: task 'l': the key 'threshold' is repeated; it is already on line 14, column 23 (keep one of them)",
      at + "15:26: task 'm': unknown key 'extra'"});
}

TEST_CASE("a task declared twice does not run at all") {
  const ParsedProject parsed = tasks("  a: {use: apt.check}\n  b: {use: apt.check}\n  a: {use: reboot.check}\n");
  CHECK(names(parsed) == Names{"b"});
  CHECK(told(parsed) ==
        Names{"/etc/maintain.d/web.yml:5:3: task 'a' is declared again; it is already on line 3, column 3 (neither "
              "runs until one of them is gone)"});
}

TEST_CASE("durations and retries must make sense") {
  const auto error = [](const char* keys) {
    return join(told(tasks("  a: {use: apt.check, " + std::string(keys) + "}\n")), "\n");
  };
  CHECK(error("window: 30").find("'window' must be a duration, not '30'") != std::string::npos);
  CHECK(error("window: 0s").find("3:31: task 'a': 'window' must be longer than nothing") != std::string::npos);
  CHECK(error("timeout: 0m").find("'timeout' must be longer than nothing") != std::string::npos);
  CHECK(error("retry: soon").find("'retry' must be a duration, not 'soon'") != std::string::npos);
  CHECK(error("retry: {}").find("needs at least 1 key") != std::string::npos);
  CHECK(error("retry: {fist: 1m}").find("did you mean 'first'?") != std::string::npos);
  CHECK(error("retry: {first: 2h, longest: 1h}").find("longer than 'retry.longest'") != std::string::npos);
  CHECK(error("severity: fatal").find("must be one of ok, unknown, warning, critical") != std::string::npos);
  CHECK(error("enabled: 'no'").find("leave out the quotes") != std::string::npos);
  const ParsedProject parsed =
      tasks("  a: {use: apt.check, retry: 12h}\n  b: {use: apt.check, retry: {longest: 5m}}\n");
  CHECK(task(parsed, "a").retry.longest == hours(12));
  CHECK(task(parsed, "b").retry.first == minutes(5));
}

TEST_CASE("after names tasks of the file, and never goes in a circle") {
  const ParsedProject parsed = tasks(
      "  a: {use: apt.check, after: [b, bad]}\n"
      "  b: {use: apt.check}\n"
      "  bad: {use: nothing}\n"
      "  lost: {use: apt.check, after: tidyup}\n"
      "  tidy-up: {use: apt.check}\n"
      "  self: {use: apt.check, after: self}\n"
      "  x: {use: apt.check, after: y}\n"
      "  y: {use: apt.check, after: z}\n"
      "  z: {use: apt.check, after: [b, x]}\n"
      "  w: {use: apt.check, after: [x, b]}\n");
  CHECK(names(parsed) == Names{"a", "b", "tidy-up", "w"});
  CHECK(task(parsed, "a").after == Names{"b"});
  CHECK(task(parsed, "w").after == Names{"b"});
  const Names all = told(parsed);
  REQUIRE(all.size() == 6);
  CHECK(all[1] == "/etc/maintain.d/web.yml:6:3: task 'lost': 'after' names 'tidyup', which this file does not declare "
                  "(did you mean 'tidy-up'?)");
  CHECK(all[2] == "/etc/maintain.d/web.yml:8:3: task 'self': 'after' names the task itself");
  CHECK(all[3] == "/etc/maintain.d/web.yml:9:3: task 'x': 'after' goes in a circle: x waits for y waits for z waits "
                  "for x");
  CHECK(all[5].starts_with("/etc/maintain.d/web.yml:11:3: task 'z'"));
}

TEST_CASE("anchors and merge keys serve tasks that share their keys") {
  const ParsedProject parsed = tasks(
      "  a: &nightly {use: backup.database, when: 20 20 * * *, database: a}\n"
      "  b: {<<: *nightly, database: b}\n");
  CHECK(parsed.errors.empty());
  CHECK(task(parsed, "b").when == "20 20 * * *");
  CHECK(task(parsed, "b").options == R"({"database":"b","engine":"postgresql"})");
}

TEST_CASE("a plugin's defective schema costs its own tasks") {
  ConfigRules rules = test_rules();
  rules.types.push_back(make_type("odd.one", "report", R"({"type": "object", "$ref": "#"})"));
  rules.types.push_back(make_type("odd.two", "report", R"({"type": "array"})"));
  rules.types.push_back(make_type("odd.three", "report", "{"));
  const ParsedProject parsed = parse_project_config("x.yml",
                                                    "version: 2\ntasks:\n  a: {use: odd.one}\n  b: {use: odd.two}\n"
                                                    "  c: {use: odd.three}\n  d: {use: apt.check}\n", rules);
  CHECK(names(parsed) == Names{"d"});
  REQUIRE(parsed.errors.size() == 3);
  CHECK(parsed.errors[0].kind == ErrorKind::internal);
  CHECK(parsed.errors[1].message ==
        "task 'b': the plugin 'odd' is defective: schema, at /: a task's options are a mapping");
  CHECK(check_task_schema(R"({"type": "object", "properties": {"when": {}}})").error().message ==
        "schema, at /properties: 'when' is a key that every task has");
  CHECK_FALSE(check_task_schema(R"({"type": "object", "$ref": "#"})"));
  CHECK(check_task_schema(R"({"type": "object", "properties": {"a": {}}})"));
  CHECK(check_task_schema(""));
}

TEST_CASE("errors come in the order of the file, whatever found them") {
  const ParsedProject parsed = tasks(
      "  a: {use: apt.check, after: nobody}\n"
      "  b: {use: apt.chekc}\n"
      "  c: {use: apt.check,\n"
      "      when: never, odd: 1}\n"
      "  d: {use: apt.check, after: d}\n"
      "  e: {use: apt.check}\n"
      "  f: {use: apt.check}\n"
      "  g: {use: apt.chekc}\n");
  std::vector<int> lines;
  for (const Error& error : parsed.errors) lines.push_back(error.where->line);
  CHECK(std::is_sorted(lines.begin(), lines.end()));
  CHECK(lines.front() == 3);
  CHECK(lines.back() == 10);
}

TEST_CASE("errors are capped, and what a server wrote is made printable") {
  std::string many;
  for (int i = 0; i < 300; ++i) many += "  t" + std::to_string(i) + ": {use: x}\n";
  many += "  good: {use: apt.check}\n";
  const ParsedProject parsed = tasks(many);
  CHECK(names(parsed) == Names{"good"});
  REQUIRE(parsed.errors.size() == 101);
  CHECK(parsed.errors.back().message == "and 200 errors more");
  const std::string odd = first_error(tasks("  a: {use: \"x\\e[31m" + std::string(5000, 'y') + "\"}\n"));
  CHECK(odd.find('\x1b') == std::string::npos);
  CHECK(odd.size() < 300);
}

TEST_CASE("many tasks in circles and with unknown names are answered quickly") {
  std::string circles, unknown;
  for (int i = 0; i < 400; ++i)
    circles += "  t" + std::to_string(i) + ": {use: apt.check, after: t" + std::to_string(i ^ 1) + "}\n";
  const std::string stem(60, 'n');
  for (int i = 0; i < 400; ++i)
    unknown += "  " + stem + std::to_string(i) + ": {use: apt.check, after: " + stem + "x" + std::to_string(i) + "}\n";
  const std::clock_t start = std::clock();
  CHECK(tasks(circles).project.tasks.empty());
  CHECK(tasks(unknown).project.tasks.empty());
  // Under a second of CPU, ten under sanitizers on a busy machine; more only when something grows faster than the square
  // of the names.
  CHECK((std::clock() - start) / CLOCKS_PER_SEC < 60);
}

TEST_CASE("what is declared and cannot be read is known by its type") {
  CHECK(tasks("  a: {use: apt.upgrade, when: \"5 21 * * *\"}\n").project.left_out.empty());
  const ParsedProject parsed = tasks("  a: {use: reboot.if_needed, wehn: \"5 21 * * *\"}\n"       // misspelt key
                                     "  b: {use: apt.upgrad, when: \"5 21 * * *\"}\n"            // misspelt type
                                     "  B!: {use: backup.directory, paths: [/srv]}\n"           // impossible name
                                     "  c: {use: pydeps.check, after: nobody}\n"
                                     "  d: {use: entirely.unknown}\n"
                                     "  e: {use: reboot.check, when: \"5 21 * * *\"}\n");
  CHECK(names(parsed) == Names{"e"});
  CHECK(parsed.project.left_out ==
        std::set<std::string>{"apt.upgrade", "backup.directory", "pydeps.check", "reboot.if_needed"});
  const ParsedProject legacy = parse("maintenance_reboot_when: \"soon\"\n", std::string(legacy_config_path));
  CHECK(legacy.project.left_out == std::set<std::string>{"reboot.if_needed"});
}

TEST_CASE("a window by default makes a task of the whole server wait for every project's window") {
  ConfigRules rules = test_rules();
  for (TaskType& type : rules.types)
    if (type.name == "reboot.if_needed") type.default_window = minutes(30);
  const ParsedProject parsed = parse_project_config(
      "/etc/maintain.d/web.yml",
      "version: 2\ntasks:\n  r: {use: reboot.if_needed, when: \"5 21 * * *\"}\n"
      "  u: {use: apt.upgrade, when: \"5 21 * * *\", window: 30m}\n"
      "  b: {use: backup.database, database: shop, when: \"5 21 * * *\"}\n", rules);
  CHECK(task(parsed, "r").common_window);
  CHECK_FALSE(task(parsed, "u").common_window);
  CHECK_FALSE(task(parsed, "b").common_window);
}
