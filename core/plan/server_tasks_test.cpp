// Two projects on one server that both declare a task of the whole server.
#include "plan/plan_scene.hpp"

using namespace maintain;
using namespace maintain::testing;
using namespace std::chrono_literals;

TEST_CASE("a server task without a window runs under either schedule, once") {
  Scene scene("2026-11-22T21:10:00Z");
  scene.server_task("shop", "os-upgrade", "apt.upgrade", "5 21 * * *");
  scene.server_task("wiki", "patch", "apt.upgrade", "5 9 * * *");
  CHECK(scene.due() == Names{"web1/shop/os-upgrade"});
  CHECK(scene.verdict("wiki", "patch") ==
        "not_yet: one apt.upgrade per server and run: this time as os-upgrade of project shop; "
        "next 2026-11-23T09:05:00Z");

  // Done for one is done for both ...
  scene.succeeded("shop", "os-upgrade", "2026-11-22T21:11:00Z");
  scene.request.now = at("2026-11-22T21:25:00Z");
  CHECK(scene.due().empty());
  CHECK(scene.verdict("wiki", "patch") ==
        "not_yet: next at 2026-11-23 09:05 (UTC), last success 14m ago; next 2026-11-23T09:05:00Z");
  // ... and the other schedule counts as well.
  scene.request.now = at("2026-11-23T09:10:00Z");
  CHECK(scene.due() == Names{"web1/wiki/patch"});
  // A failure for one holds back both.
  scene.failed("wiki", "patch", "2026-11-23T09:10:00Z", 2);
  scene.request.now = at("2026-11-23T09:20:00Z");
  CHECK(scene.due().empty());
  scene.request.now = at("2026-11-23T21:05:00Z");
  CHECK(scene.due() == Names{"web1/shop/os-upgrade"});
}

TEST_CASE("tasks with different options do not stand for each other") {
  Scene scene("2026-11-22T21:10:00Z");
  scene.server_task("shop", "security", "apt.upgrade", "5 21 * * *").options = R"({"only":"security"})";
  scene.server_task("wiki", "patch", "apt.upgrade", "5 21 * * *");
  CHECK(scene.due() == Names{"web1/shop/security"});
  scene.succeeded("shop", "security", "2026-11-22T21:11:00Z");
  scene.request.now = at("2026-11-22T21:25:00Z");
  CHECK(scene.due() == Names{"web1/wiki/patch"});
}

TEST_CASE("a task of the project, not of the server, is its own business") {
  Scene scene("2026-11-22T21:10:00Z");
  scene.task("shop", "check", "apt.check", "5 21 * * *");
  scene.task("wiki", "check", "apt.check", "5 21 * * *");
  CHECK(scene.due() == Names{"web1/shop/check", "web1/wiki/check"});
}

TEST_CASE("a task that re-attaches to its job goes before its equals") {
  Scene scene("2026-11-22T21:10:00Z");
  scene.server_task("shop", "os-upgrade", "apt.upgrade", "5 21 * * *");
  scene.server_task("wiki", "patch", "apt.upgrade", "5 9 * * *");
  scene.record("wiki", "patch").pending_jobs = {"upgrade"};
  CHECK(scene.due() == Names{"web1/wiki/patch"});
}

TEST_CASE("what goes before means whoever runs in a task's place") {
  Scene scene("2026-11-22T21:10:00Z");
  scene.server_task("shop", "os-upgrade", "apt.upgrade", "5 21 * * *").order = Order::last;
  scene.server_task("wiki", "patch", "apt.upgrade", "5 21 * * *");
  scene.task("wiki", "check", "apt.check", "5 21 * * *").after = {"patch"};
  CHECK(scene.due() == Names{"web1/shop/os-upgrade", "web1/wiki/check"});
}

TEST_CASE("a reboot needs a moment in every project's window") {
  Scene scene("2026-11-22T21:10:00Z");  // Sunday
  scene.server_task("shop", "reboot", "reboot.if_needed", "6 21 * * *").window = 30min;
  scene.server_task("wiki", "restart", "reboot.if_needed", "20 21 * * sun,tue").window = 1h;
  CHECK(scene.due().empty());
  CHECK(scene.verdict("shop", "reboot") ==
        "outside_window: waits for the window of project wiki, next at 2026-11-22 21:20 (UTC); "
        "next 2026-11-22T21:20:00Z");

  scene.request.now = at("2026-11-22T21:20:00Z");
  CHECK(scene.due() == Names{"web1/shop/reboot"});
  CHECK(scene.planned("shop", "reboot").window_end == at("2026-11-22T21:36:00Z"));
  CHECK(scene.planned("shop", "reboot").next == at("2026-11-24T21:20:00Z"));
  CHECK(scene.planned("wiki", "restart").reason ==
        "one reboot.if_needed per server and run: this time as reboot of project shop");

  scene.request.now = at("2026-11-22T21:40:00Z");  // shop's window is over, wiki's is open
  CHECK(scene.verdict("wiki", "restart") ==
        "outside_window: waits for the window of project shop, next at 2026-11-24 21:20 (UTC); "
        "next 2026-11-24T21:20:00Z");

  scene.request.now = at("2026-11-23T21:10:00Z");  // Monday is not a day of wiki's
  CHECK(scene.planned("shop", "reboot").next == at("2026-11-24T21:20:00Z"));
}

TEST_CASE("at most one reboot in a window, also when another project's window opens again meanwhile") {
  Scene scene("2026-11-22T18:10:00Z");
  scene.server_task("shop", "reboot", "reboot.if_needed", "0 0 * * *").window = 24h;
  scene.server_task("wiki", "reboot", "reboot.if_needed", "0 6,18 * * *").window = 1h;
  scene.succeeded("shop", "reboot", "2026-11-22T06:10:00Z");
  CHECK(scene.due().empty());
  CHECK(scene.planned("wiki", "reboot").next == at("2026-11-23T06:00:00Z"));
}

TEST_CASE("several windows of one project are alternatives") {
  Scene scene("2026-11-22T06:10:00Z");
  scene.server_task("shop", "weekdays", "reboot.if_needed", "0 4 * * mon-fri").window = 1h;
  scene.server_task("shop", "sunday", "reboot.if_needed", "0 6 * * sun").window = 1h;
  scene.server_task("wiki", "reboot", "reboot.if_needed", "0 0 * * *").window = 24h;
  CHECK(scene.due() == Names{"web1/shop/sunday"});
  scene.request.now = at("2026-11-23T04:10:00Z");
  CHECK(scene.due() == Names{"web1/shop/weekdays"});
  scene.request.now = at("2026-11-23T06:10:00Z");
  CHECK(scene.due().empty());
  CHECK(scene.planned("wiki", "reboot").next == at("2026-11-24T04:00:00Z"));
}

TEST_CASE("windows that never meet are told") {
  Scene scene("2026-11-22T21:10:00Z");
  scene.server_task("shop", "reboot", "reboot.if_needed", "0 21 * * *").window = 30min;
  scene.server_task("", "maintenance_reboot_when", "reboot.if_needed", "0 4 * * *").window = 30min;
  CHECK(scene.verdict("shop", "reboot") ==
        "outside_window: waits for the window of the unnamed project, the projects' windows have no moment in common");
}

TEST_CASE("who may not or will not reboot has no say in the moment, who is not selected has") {
  Scene scene("2026-11-22T21:10:00Z");
  scene.server_task("shop", "reboot", "reboot.if_needed", "0 21 * * *").window = 30min;
  TaskSpec& other = scene.server_task("wiki", "reboot", "reboot.if_needed", "0 4 * * *");
  other.window = 30min;
  other.permission = "reboot";
  scene.request.only_tasks = {"shop/reboot"};
  CHECK(scene.due().empty());
  other.enabled = false;
  CHECK(scene.due() == Names{"web1/shop/reboot"});
  other.enabled = true;
  scene.project("wiki").allow = {"report"};
  CHECK(scene.due() == Names{"web1/shop/reboot"});
}

TEST_CASE("being asked for overrides the windows of all projects, once") {
  Scene scene("2026-11-22T12:00:00Z");
  scene.server_task("shop", "reboot", "reboot.if_needed", "0 21 * * *").window = 30min;
  scene.server_task("wiki", "reboot", "reboot.if_needed", "0 4 * * *").window = 30min;
  scene.request.now_tasks = {"reboot.if_needed"};
  CHECK(scene.due() == Names{"web1/shop/reboot"});
  scene.request.now_tasks = {"wiki/reboot"};
  CHECK(scene.due() == Names{"web1/wiki/reboot"});
}

TEST_CASE("an upgrade's window is its own project's business") {
  Scene scene("2026-11-22T21:10:00Z");
  scene.server_task("shop", "patch", "apt.upgrade", "0 21 * * *").window = 30min;
  scene.server_task("wiki", "patch", "apt.upgrade", "0 4 * * *").window = 30min;
  CHECK(scene.due() == Names{"web1/shop/patch"});
  CHECK(scene.plan().findings.empty());
  scene.request.now = at("2026-11-22T04:10:00Z");
  CHECK(scene.due() == Names{"web1/wiki/patch"});
}

TEST_CASE("windows that never meet are a finding, those that do are none") {
  Scene scene("2026-11-22T21:10:00Z");
  scene.server_task("shop", "reboot", "reboot.if_needed", "0 21 * * *").window = 30min;
  CHECK(scene.plan().findings.empty());
  TaskSpec& other = scene.server_task("wiki", "reboot", "reboot.if_needed", "0 4 * * *");
  other.window = 30min;
  const std::vector<Finding> findings = scene.plan().findings;
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].state == State::warning);
  CHECK(findings[0].code == "plan.windows");
  CHECK(findings[0].subject == "reboot.if_needed");
  CHECK(findings[0].title ==
        "reboot.if_needed never runs: the windows of project shop and project wiki have no moment in common");
  other.when = "20 21 * * sun";
  CHECK(scene.plan().findings.empty());
}

TEST_CASE("a project whose window cannot be read forbids the others' reboot, unless it is asked for") {
  Scene scene("2026-11-22T21:10:00Z");
  scene.server_task("shop", "reboot", "reboot.if_needed", "0 21 * * *").window = 30min;
  scene.server_task("shop", "patch", "apt.upgrade", "0 21 * * *");
  const std::string closed = "outside_window: the window of project wiki is not known: its configuration is broken";
  SECTION("because its file is broken") { scene.project("wiki").unreadable = true; }
  SECTION("because its entry is") { scene.project("wiki").left_out = {"reboot.if_needed"}; }
  CHECK(scene.due() == Names{"web1/shop/patch"});
  CHECK(scene.verdict("shop", "reboot") == closed);
  CHECK(scene.plan().findings.empty());
  scene.request.now_tasks = {"reboot.if_needed"};
  CHECK(scene.due() == Names{"web1/shop/reboot", "web1/shop/patch"});
}

TEST_CASE("an entry that cannot be read forbids nothing where it would not count") {
  Scene scene("2026-11-22T21:10:00Z");
  scene.server_task("shop", "reboot", "reboot.if_needed", "0 21 * * *").window = 30min;
  scene.request.projects[0].tasks[0].permission = "reboot";
  Project& wiki = scene.project("wiki");
  SECTION("it is of another type") { wiki.left_out = {"apt.upgrade"}; }
  SECTION("the project may not reboot anyway") {
    wiki.left_out = {"reboot.if_needed"};
    wiki.allow = {"patch"};
  }
  SECTION("the project has said elsewhere when it may") {
    wiki.left_out = {"reboot.if_needed"};
    scene.server_task("wiki", "reboot", "reboot.if_needed", "5 21 * * *").window = 30min;
  }
  CHECK(scene.due() == Names{"web1/shop/reboot"});
}

TEST_CASE("a job that runs already is collected, also when its task was switched off meanwhile") {
  Scene scene("2026-11-22T21:10:00Z");
  TaskSpec& off = scene.server_task("shop", "os-upgrade", "apt.upgrade", "5 21 * * *");
  off.enabled = false;
  off.permission = "patch";
  scene.server_task("wiki", "patch", "apt.upgrade", "5 21 * * *");
  CHECK(scene.due() == Names{"web1/wiki/patch"});
  scene.record("shop", "os-upgrade").pending_jobs = {"upgrade"};
  CHECK(scene.due() == Names{"web1/shop/os-upgrade"});
  scene.project("shop").allow = {"report"};
  CHECK(scene.due() == Names{"web1/wiki/patch"});
}

TEST_CASE("hundreds of projects with windows that hardly meet cost little time") {
  Scene scene("2026-11-22T21:10:00Z");
  for (int i = 0; i < 300; ++i) {
    const std::string name = "p" + std::to_string(i);
    scene.server_task(name, "reboot", "reboot.if_needed",
                      std::to_string(i % 60) + " " + std::to_string(i % 24) + " 29 2 *")
        .window = 1min;
  }
  CHECK(scene.due().empty());
}

TEST_CASE("who shares a type with nobody has a schedule like any other") {
  Scene scene("2026-11-22T21:10:00Z");
  scene.server_task("shop", "reboot", "reboot.if_needed", "0 4 29 2 *").window = 30min;  // in more than a year
  CHECK(scene.verdict("shop", "reboot") ==
        "outside_window: never performed, outside its window, next at 2028-02-29 04:00 (UTC); next "
        "2028-02-29T04:00:00Z");
}
