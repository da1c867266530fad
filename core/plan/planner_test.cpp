#include "plan/plan_scene.hpp"

using namespace maintain;
using namespace maintain::testing;
using namespace std::chrono_literals;

TEST_CASE("a task is due from the first scheduled moment after its last success") {
  Scene scene("2026-11-22T20:30:00Z");
  scene.task("shop", "orders", "backup.database", "20 20 * * *");
  CHECK(scene.verdict("shop", "orders") == "due: never performed; next 2026-11-23T20:20:00Z");

  scene.succeeded("shop", "orders", "2026-11-20T20:21:00Z");
  CHECK(scene.verdict("shop", "orders") ==
        "due: scheduled 2026-11-22 20:20 (UTC), last success 2d ago; next 2026-11-23T20:20:00Z");
  CHECK(scene.planned("shop", "orders").scheduled == at("2026-11-22T20:20:00Z"));
  CHECK_FALSE(scene.planned("shop", "orders").window_end);

  scene.succeeded("shop", "orders", "2026-11-22T20:20:00Z");
  CHECK(scene.verdict("shop", "orders") ==
        "not_yet: next at 2026-11-23 20:20 (UTC), last success 10m ago; next 2026-11-23T20:20:00Z");

  scene.request.now = at("2026-11-23T20:19:59Z");
  CHECK(scene.planned("shop", "orders").decision == Decision::not_yet);
  scene.request.now = at("2026-11-23T20:20:00Z");
  CHECK(scene.planned("shop", "orders").decision == Decision::due);
}

TEST_CASE("a missed moment is made up for, however late") {
  Scene scene("2026-11-22T11:00:00Z");
  scene.task("shop", "orders", "backup.database", "20 20 * * *");
  scene.succeeded("shop", "orders", "2026-11-18T20:25:00Z");
  CHECK(scene.planned("shop", "orders").decision == Decision::due);
  CHECK(scene.planned("shop", "orders").scheduled == at("2026-11-21T20:20:00Z"));
}

TEST_CASE("with a window a task is due only while it is open") {
  Scene scene("2026-11-22T21:06:00Z");  // a Sunday
  scene.task("shop", "reboot", "reboot.if_needed", "6 21 * * sun,tue,thu,sat").window = 30min;
  CHECK(scene.verdict("shop", "reboot") == "due: never performed; next 2026-11-24T21:06:00Z");
  CHECK(scene.planned("shop", "reboot").window_end == at("2026-11-22T21:36:00Z"));

  scene.request.now = at("2026-11-22T21:36:00Z");  // the last moment
  CHECK(scene.planned("shop", "reboot").decision == Decision::due);

  scene.request.now = at("2026-11-22T21:36:01Z");
  CHECK(scene.verdict("shop", "reboot") ==
        "outside_window: never performed, outside its window, next at 2026-11-24 21:06 (UTC); next "
        "2026-11-24T21:06:00Z");

  scene.succeeded("shop", "reboot", "2026-11-19T21:10:00Z");
  CHECK(scene.verdict("shop", "reboot") ==
        "outside_window: outside its window, next at 2026-11-24 21:06 (UTC); next 2026-11-24T21:06:00Z");

  // Done in this window: not again, neither in it nor after it.
  scene.succeeded("shop", "reboot", "2026-11-22T21:10:00Z");
  for (const char* now : {"2026-11-22T21:20:00Z", "2026-11-22T21:50:00Z"}) {
    scene.request.now = at(now);
    CHECK(scene.planned("shop", "reboot").decision == Decision::not_yet);
    CHECK(scene.planned("shop", "reboot").next == at("2026-11-24T21:06:00Z"));
  }
}

TEST_CASE("a window that crosses midnight belongs to the day it starts on") {
  Scene scene("2026-11-23T00:30:00Z");  // Monday
  scene.task("shop", "reboot", "reboot.if_needed", "30 23 * * sun").window = 2h;
  CHECK(scene.planned("shop", "reboot").decision == Decision::due);
  CHECK(scene.planned("shop", "reboot").scheduled == at("2026-11-22T23:30:00Z"));
}

TEST_CASE("windows follow the clock on the wall") {
  Scene scene("2026-10-25T01:10:00Z");  // 02:10 in Berlin for the second time; 02:00 was 70 minutes ago
  scene.task("shop", "reboot", "reboot.if_needed", "0 2 * * *").window = 1h;
  scene.project("shop").tasks[0].timezone = "Europe/Berlin";
  CHECK(scene.verdict("shop", "reboot") ==
        "outside_window: never performed, outside its window, next at 2026-10-26 02:00 (Europe/Berlin); "
        "next 2026-10-26T01:00:00Z");
  scene.request.now = at("2026-03-29T01:40:00Z");  // 03:40; 02:00 was skipped, the window opened at 03:00
  CHECK(scene.planned("shop", "reboot").decision == Decision::due);
}

TEST_CASE("a failing task backs off, doubling") {
  Scene scene("2026-11-22T20:40:00Z");
  TaskSpec& spec = scene.task("shop", "orders", "backup.database", "20 20 * * *");
  scene.succeeded("shop", "orders", "2026-11-21T20:20:00Z");
  scene.failed("shop", "orders", "2026-11-22T20:30:00Z", 1);
  CHECK(scene.verdict("shop", "orders") ==
        "backing_off: failed, tries again after 2026-11-22 20:45 (UTC); next 2026-11-22T20:45:00Z");
  scene.failed("shop", "orders", "2026-11-22T20:30:00Z", 3);
  CHECK(scene.verdict("shop", "orders") ==
        "backing_off: failed 3 times in a row, tries again after 2026-11-22 21:30 (UTC); next 2026-11-22T21:30:00Z");
  scene.failed("shop", "orders", "2026-11-22T20:30:00Z", 1'000'000);
  CHECK(scene.planned("shop", "orders").next == at("2026-11-23T02:30:00Z"));  // at most 6 h

  scene.failed("shop", "orders", "2026-11-22T20:30:00Z", 1);
  scene.request.now = at("2026-11-22T20:45:00Z");
  CHECK(scene.planned("shop", "orders").decision == Decision::due);

  spec.retry = {2h, 1h};  // a first wait beyond the longest is meant
  CHECK(scene.planned("shop", "orders").next == at("2026-11-22T22:30:00Z"));
}

TEST_CASE("backing off ends within a window or waits for the next one") {
  Scene scene("2026-11-22T21:10:00Z");
  scene.task("shop", "reboot", "reboot.if_needed", "6 21 * * *").window = 30min;
  scene.failed("shop", "reboot", "2026-11-22T21:08:00Z", 1);
  CHECK(scene.planned("shop", "reboot").next == at("2026-11-22T21:23:00Z"));
  scene.failed("shop", "reboot", "2026-11-22T21:08:00Z", 2);
  CHECK(scene.planned("shop", "reboot").next == at("2026-11-22T21:38:00Z") + 23h + 28min);
}

TEST_CASE("dates from a clock that was wrong do not stop a task") {
  Scene scene("2026-11-22T20:30:00Z");
  scene.task("shop", "orders", "backup.database", "20 20 * * *");
  scene.succeeded("shop", "orders", "2036-01-01T00:00:00Z");
  CHECK(scene.verdict("shop", "orders") ==
        "due: its last success is dated 2036-01-01T00:00:00Z, in the future: the clock was wrong; "
        "next 2026-11-23T20:20:00Z");
  scene.succeeded("shop", "orders", "2026-11-22T20:31:00Z");  // a small step back is nothing
  CHECK(scene.verdict("shop", "orders") ==
        "not_yet: next at 2026-11-23 20:20 (UTC), last success just now; next 2026-11-23T20:20:00Z");
  scene.succeeded("shop", "orders", "2026-11-20T20:31:00Z");
  scene.failed("shop", "orders", "2036-01-01T00:00:00Z", 2);
  CHECK(scene.planned("shop", "orders").decision == Decision::due);
}

TEST_CASE("a job left on the server is collected at once") {
  Scene scene("2026-11-22T12:00:00Z");
  scene.task("shop", "reboot", "reboot.if_needed", "6 21 * * *").window = 30min;
  scene.failed("shop", "reboot", "2026-11-22T11:59:00Z", 1);  // not even the backoff counts
  scene.record("shop", "reboot").pending_jobs = {"order"};
  CHECK(scene.verdict("shop", "reboot") ==
        "due: an earlier run left a job on the server: re-attaches to it; next 2026-11-22T21:06:00Z");
  scene.project("shop").tasks[0].enabled = false;
  CHECK(scene.planned("shop", "reboot").decision == Decision::due);  // it runs there, whatever we think of it now
  scene.project("shop").tasks[0].permission = "reboot";
  scene.project("shop").allow = {"report"};
  CHECK(scene.planned("shop", "reboot").decision == Decision::not_allowed);
}

TEST_CASE("collecting a job answers a scheduled moment only when the schedule made the task due, too") {
  Scene scene("2026-11-22T21:10:00Z");
  scene.server_task("shop", "reboot", "reboot.if_needed", "6 21 * * *").window = 30min;
  scene.record("shop", "reboot").pending_jobs = {"order"};
  CHECK(scene.planned("shop", "reboot").scheduled == at("2026-11-22T21:06:00Z"));
  CHECK(scene.planned("shop", "reboot").window_end == at("2026-11-22T21:36:00Z"));

  SECTION("the moment was answered") { scene.succeeded("shop", "reboot", "2026-11-22T21:07:00Z"); }
  SECTION("the task backs off") { scene.failed("shop", "reboot", "2026-11-22T21:09:00Z", 1); }
  SECTION("another project's window is closed") {
    scene.server_task("wiki", "reboot", "reboot.if_needed", "0 3 * * *").window = 30min;
  }
  SECTION("another project's window is not known") {
    scene.project("wiki").unreadable = true;
  }
  SECTION("the task is switched off") { scene.project("shop").tasks[0].enabled = false; }

  const PlannedTask planned = scene.planned("shop", "reboot");
  CHECK(planned.decision == Decision::due);
  CHECK_FALSE(planned.scheduled);
  CHECK_FALSE(planned.window_end);
}

TEST_CASE("what may not run says why") {
  Scene scene("2026-11-22T20:30:00Z");
  scene.task("shop", "off", "backup.database", "20 20 * * *").enabled = false;
  scene.task("shop", "by-hand", "command.run", "");
  scene.task("shop", "reboot", "reboot.if_needed", "20 20 * * *").permission = "reboot";
  scene.task("shop", "report", "apt.check", "20 20 * * *").permission = "report";
  scene.project("shop").allow = {"report", "backup"};
  CHECK(scene.verdict("shop", "off") == "disabled: switched off in the configuration (enabled: false)");
  CHECK(scene.verdict("shop", "by-hand") == "no_schedule: has no schedule: runs only when asked for with --now");
  CHECK(scene.verdict("shop", "reboot") == 
        "not_allowed: the project's allow list lacks 'reboot': add that word to let the task run");
  scene.project("shop").allow_at = Position{"/etc/maintain.d/shop.yml", 2, 1};
  CHECK(scene.verdict("shop", "reboot") ==
        "not_allowed: `allow` at /etc/maintain.d/shop.yml:2:1 lacks 'reboot': add that word to let the task run");
  CHECK(scene.planned("shop", "report").decision == Decision::due);

  scene.request.now_tasks = {"off", "by-hand", "reboot"};
  CHECK(scene.planned("shop", "off").decision == Decision::disabled);
  CHECK(scene.verdict("shop", "by-hand") == "due: asked for with --now");
  CHECK(scene.planned("shop", "reboot").decision == Decision::not_allowed);
}

TEST_CASE("what is asked for by hand answers no scheduled moment and ends with no window even where one is open") {
  Scene scene("2026-11-22T20:30:00Z");
  scene.task("shop", "reboot", "reboot.if_needed", "20 20 * * *").window = 2h;
  CHECK(scene.planned("shop", "reboot").scheduled == at("2026-11-22T20:20:00Z"));
  scene.request.now_tasks = {"reboot"};
  const PlannedTask planned = scene.planned("shop", "reboot");
  CHECK(planned.decision == Decision::due);
  CHECK_FALSE(planned.scheduled);
  CHECK_FALSE(planned.window_end);
}

TEST_CASE("tasks are named by name, type, project/name or the earlier bot's nickname") {
  Scene scene("2026-11-22T12:00:00Z");
  scene.task("shop", "orders", "backup.database", "20 20 * * *").legacy_nickname = "backupdb";
  scene.task("shop", "media", "backup.directory", "20 20 * * *");
  scene.task("wiki", "orders", "backup.database", "20 20 * * *");
  scene.succeeded("shop", "orders", "2026-11-22T11:00:00Z");
  for (const char* name : {"orders", "backup.database", "shop/orders", "backupdb"}) {
    scene.request.only_tasks = {name};
    INFO(name);
    CHECK(scene.planned("shop", "orders").decision == Decision::not_yet);
    CHECK(scene.verdict("shop", "media") ==
          "not_selected: not among the tasks that --task names; next 2026-11-22T12:00:00Z");
  }
  CHECK(scene.planned("wiki", "orders").decision == Decision::not_selected);  // backupdb is shop's

  scene.request.only_tasks.clear();
  scene.request.now_tasks = {"shop/orders"};
  CHECK(scene.verdict("shop", "orders") == "due: asked for with --now; next 2026-11-22T20:20:00Z");
  CHECK(scene.planned("wiki", "orders").reason == "never performed");
}

TEST_CASE("due tasks run by class, then as declared, reboot last") {
  Scene scene("2026-11-22T21:10:00Z");
  scene.task("shop", "reboot", "reboot.if_needed", "@hourly").order = Order::very_last;
  scene.task("shop", "cleanup", "command.run", "@hourly").order = Order::last;
  scene.task("shop", "b", "command.run", "@hourly");
  scene.task("shop", "a", "command.run", "@hourly");
  scene.task("wiki", "upgrade", "apt.upgrade", "@hourly").order = Order::first;
  scene.task("wiki", "c", "command.run", "@hourly");
  CHECK(scene.due() == Names{"web1/wiki/upgrade", "web1/shop/b", "web1/shop/a", "web1/wiki/c", "web1/shop/cleanup",
                             "web1/shop/reboot"});
}

TEST_CASE("what a task comes after wins over the class") {
  Scene scene("2026-11-22T21:10:00Z");
  scene.task("shop", "check", "apt.check", "@hourly").after = {"upgrade", "no-such-task"};
  scene.task("shop", "dump", "backup.database", "@hourly").after = {"sync"};
  scene.task("shop", "upgrade", "apt.upgrade", "@hourly").order = Order::last;
  scene.task("shop", "sync", "backup.directory", "@hourly");
  scene.task("wiki", "upgrade", "apt.check", "@hourly");  // another project's task of that name does not matter
  CHECK(scene.due() == Names{"web1/shop/sync", "web1/shop/dump", "web1/wiki/upgrade", "web1/shop/upgrade",
                             "web1/shop/check"});
  // What is not due is not waited for.
  scene.succeeded("shop", "upgrade", "2026-11-22T21:05:00Z");
  CHECK(scene.due() == Names{"web1/shop/check", "web1/shop/sync", "web1/shop/dump", "web1/wiki/upgrade"});
}

TEST_CASE("tasks that wait for each other run all the same") {
  Scene scene("2026-11-22T21:10:00Z");
  scene.task("shop", "a", "command.run", "@hourly").after = {"b"};
  scene.task("shop", "b", "command.run", "@hourly").after = {"a"};
  scene.task("shop", "c", "command.run", "@hourly").after = {"c"};
  CHECK(scene.due() == Names{"web1/shop/c", "web1/shop/a", "web1/shop/b"});
}
