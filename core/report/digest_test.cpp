#include "report/digest.hpp"

#include <catch2/catch.hpp>

#include "report/testing.hpp"

using namespace maintain;
using namespace maintain::testing;
using std::chrono::hours;
using std::chrono::minutes;
using Lines = std::vector<std::string>;

namespace {

const TaskKey upgrade{"web1", "shop", "upgrade"};
const TaskKey backup{"web1", "shop", "backup"};
const TaskKey web1{"web1", "", ""};

const Finding held = finding(State::warning, "apt.held", "nginx");

}  // namespace

TEST_CASE_METHOD(Bot, "nothing happened, nothing is told") {
  const Digest digest = tick({result(upgrade, Outcome::changed), result(web1, Outcome::ok)});
  CHECK(digest.items.empty());
  CHECK(digest.open_after.empty());
  CHECK(digest.worst == State::ok);
  CHECK_FALSE(digest.person_needed);
}

TEST_CASE_METHOD(Bot, "findings of a task with an interval of their own are told again together") {
  Finding old = held, late = held, other = held;
  old.remind = late.remind = hours(24 * 7);
  late.subject = "late";
  other.subject = "other";
  CHECK(tick({result(upgrade, Outcome::ok, {old, other})}).items.size() == 2);
  wait(hours(24 * 6));
  CHECK(told(tick({result(upgrade, Outcome::ok, {old, late, other})})) ==
        Lines{"alert warning web1/shop/upgrade apt.held late", "reminder warning web1/shop/upgrade apt.held other"});
  wait(hours(23));
  CHECK(tick().items.empty());
  wait(hours(1));
  CHECK(told(tick()) == Lines{"reminder warning web1/shop/upgrade apt.held late",
                              "reminder warning web1/shop/upgrade apt.held nginx",
                              "reminder warning web1/shop/upgrade apt.held other"});
  wait(hours(24 * 7));
  CHECK(tick().items.size() == 3);
}

TEST_CASE_METHOD(Bot, "a finding is told once, reminded after a day, and its end is told") {
  CHECK(told(tick({result(upgrade, Outcome::ok, {held})})) == Lines{"alert warning web1/shop/upgrade apt.held nginx"});
  const Time first = now;
  wait(minutes(15));
  const Digest silent = tick({result(upgrade, Outcome::ok, {held})});
  CHECK(silent.items.empty());
  CHECK(silent.person_needed);
  CHECK(silent.worst == State::warning);
  wait(hours(24) - minutes(16));
  CHECK(tick().items.empty());
  wait(minutes(1));
  const Digest reminder = tick();
  CHECK(told(reminder) == Lines{"reminder warning web1/shop/upgrade apt.held nginx"});
  CHECK(reminder.items.front().since == first);
  wait(hours(23));
  CHECK(tick().items.empty());
  CHECK(told(tick({result(upgrade, Outcome::ok)})) == Lines{"recovery warning web1/shop/upgrade apt.held nginx"});
  CHECK(open.empty());
  wait(hours(48));
  CHECK(tick().items.empty());
}

TEST_CASE_METHOD(Bot, "the errors of a configuration file come as they stand in it") {
  const auto error_at = [](const char* line, const char* message) {
    Finding error = finding(State::warning, "config.error", std::string("shop.yml: ") + message);
    error.title = std::string("shop.yml:") + line + ":3: " + message;
    return error;
  };
  const std::vector<Finding> errors = {error_at("10", "b"), error_at("9", "c"), error_at("100", "a")};
  std::vector<std::string> titles;
  for (const DigestItem& item : tick({result({"web1", "shop", ""}, Outcome::ok, errors)}).items)
    titles.push_back(item.finding.title);
  CHECK(titles == Lines{"shop.yml:9:3: c", "shop.yml:10:3: b", "shop.yml:100:3: a"});
}

TEST_CASE_METHOD(Bot, "worse is told at once, better is not, and worse again is") {
  const auto with = [](State state) {
    return std::vector{result(upgrade, Outcome::ok, {finding(state, "disk.full", "/")})};
  };
  CHECK(told(tick(with(State::unknown))) == Lines{"alert unknown web1/shop/upgrade disk.full /"});
  CHECK(told(tick(with(State::warning))) == Lines{"alert warning web1/shop/upgrade disk.full /"});
  CHECK(told(tick(with(State::critical))) == Lines{"alert critical web1/shop/upgrade disk.full /"});
  CHECK(tick(with(State::warning)).items.empty());
  CHECK(open.front().finding.state == State::warning);
  CHECK(told(tick(with(State::critical))) == Lines{"alert critical web1/shop/upgrade disk.full /"});
  CHECK(told(tick(with(State::ok))) == Lines{"recovery critical web1/shop/upgrade disk.full /"});
}

TEST_CASE_METHOD(Bot, "a changed set of subjects tells what came and what went") {
  const auto one = finding(State::warning, "apt.held", "one"), two = finding(State::warning, "apt.held", "two"),
             three = finding(State::warning, "apt.held", "three");
  tick({result(upgrade, Outcome::ok, {one, two})});
  CHECK(told(tick({result(upgrade, Outcome::ok, {two, three})})) ==
        Lines{"alert warning web1/shop/upgrade apt.held three", "recovery warning web1/shop/upgrade apt.held one"});
}

TEST_CASE_METHOD(Bot, "a task that did not run keeps its findings: another task's success is not its own") {
  tick({result(upgrade, Outcome::ok, {held})});
  CHECK(tick({result(backup, Outcome::ok), result(web1, Outcome::ok)}).items.empty());
  CHECK(open.size() == 1);
}

TEST_CASE_METHOD(Bot, "a failed run takes nothing back: it may not have looked") {
  tick({result(upgrade, Outcome::ok, {held})});
  const Outcome outcome = GENERATE(Outcome::failed, Outcome::crashed, Outcome::timed_out);
  CHECK(told(tick({result(upgrade, outcome)})) ==
        Lines{"alert critical web1/shop/upgrade task." + to_string(outcome)});
  CHECK(open.size() == 2);
  CHECK(tick({result(upgrade, outcome)}).items.empty());
  CHECK(told(tick({result(upgrade, Outcome::ok)})).size() == 2);
  CHECK(open.empty());
}

TEST_CASE_METHOD(Bot, "a failure that explains itself needs no words of ours, a crash does") {
  const auto broken = finding(State::critical, "apt.broken");
  CHECK(told(tick({result(upgrade, Outcome::failed, {broken})})) ==
        Lines{"alert critical web1/shop/upgrade apt.broken"});
  CHECK(told(tick({result(upgrade, Outcome::crashed, {broken})})) ==
        Lines{"alert critical web1/shop/upgrade task.crashed"});
  CHECK(told(tick({result(backup, Outcome::failed, {finding(State::unknown, "backup.unread")})})) ==
        Lines{"alert unknown web1/shop/backup backup.unread"});
}

TEST_CASE_METHOD(Bot, "the supervisor's own words on a crash are used, and it is one finding") {
  Finding words = finding(State::critical, "task.crashed");
  words.title = "apt.upgrade crashed: killed by signal 11";
  const Digest digest = tick({result(upgrade, Outcome::crashed, {words})});
  REQUIRE(digest.items.size() == 1);
  CHECK(digest.items.front().finding.title == words.title);
  CHECK(told(tick({result(upgrade, Outcome::ok)})) == Lines{"recovery critical web1/shop/upgrade task.crashed"});
}

TEST_CASE_METHOD(Bot, "an old warning does not hide that the task now fails") {
  tick({result(upgrade, Outcome::ok, {held})});
  CHECK(told(tick({result(upgrade, Outcome::failed, {held})})) ==
        Lines{"alert critical web1/shop/upgrade task.failed"});
}

TEST_CASE_METHOD(Bot, "failing in another way is news, and no recovery of the first way") {
  tick({result(upgrade, Outcome::crashed)});
  CHECK(told(tick({result(upgrade, Outcome::timed_out)})) == Lines{"alert critical web1/shop/upgrade task.timed_out"});
  CHECK(open.size() == 1);
  const auto broken = finding(State::critical, "apt.broken");
  CHECK(told(tick({result(upgrade, Outcome::failed, {broken})})) ==
        Lines{"alert critical web1/shop/upgrade apt.broken"});
  CHECK(told(tick({result(upgrade, Outcome::changed)})) == Lines{"recovery critical web1/shop/upgrade apt.broken"});
}

TEST_CASE_METHOD(Bot, "failing for another reason is news, the same reason in other numbers is not") {
  const auto failed = [&](const std::string& why) {
    TaskResult one = result(backup, Outcome::failed);
    one.summary = why;
    return std::vector{one};
  };
  const Lines alert{"alert critical web1/shop/backup task.failed"};
  const Time first = now;
  CHECK(told(tick(failed("pg_dump: connection to port 5432 failed after 2 attempts (pid 811)"))) == alert);
  wait(minutes(15));
  CHECK(tick(failed("pg_dump: connection to port 5433 failed after 1 attempt (pid 47)")).items.empty());
  const Digest other = tick(failed("no space left in /srv/backups: needs 17 GiB"));
  CHECK(told(other) == alert);
  CHECK(other.items.front().since == first);  // it has failed all the time
  CHECK(tick(failed("no space left in /mnt/x.Kjh3sQ: needs 170 GiB")).items.empty());
  CHECK(told(tick(failed("pg_dump: connection to port 5432 failed after 2 attempts (pid 811)"))) == alert);
  CHECK(open.size() == 1);
  CHECK(told(tick({result(backup, Outcome::ok)})) == Lines{"recovery critical web1/shop/backup task.failed"});
}

TEST_CASE_METHOD(Bot, "other words on what a plugin observed are no news") {
  Finding broken = finding(State::critical, "backup.dump_failed", "orders");
  tick({result(backup, Outcome::failed, {broken})});
  broken.title = "the dump broke off for quite another reason";
  CHECK(tick({result(backup, Outcome::failed, {broken})}).items.empty());
}

TEST_CASE_METHOD(Bot, "what to do is said by the reason, where there is one") {
  TaskResult failed = result(backup, Outcome::failed);
  failed.summary = "there is a database orders: give another name";
  const Finding with_reason = tick({failed}).items.front().finding;
  CHECK(with_reason.action.empty());
  CHECK(with_reason.title == "the task failed: there is a database orders: give another name");
  failed.summary.clear();
  const Digest without = tick({failed});  // and is another failure
  REQUIRE(without.items.size() == 1);
  CHECK_THAT(without.items.front().finding.action, Catch::StartsWith("read the saved output"));
}

TEST_CASE_METHOD(Bot, "a deferred run adds findings and takes none back, a cancelled one does neither") {
  tick({result(upgrade, Outcome::failed)});
  CHECK(told(tick({result(upgrade, Outcome::skipped, {held})})) ==
        Lines{"alert warning web1/shop/upgrade apt.held nginx"});
  CHECK(tick({result(upgrade, Outcome::cancelled, {finding(State::critical, "x.y")})}).items.empty());
  CHECK(open.size() == 2);
}

TEST_CASE_METHOD(Bot, "a server that does not answer is told once, reminded, and its return is told") {
  const auto down = [] {
    return std::vector{result(web1, Outcome::unreachable), result(upgrade, Outcome::unreachable)};
  };
  const Digest first = tick(down());
  CHECK(told(first) == Lines{"alert critical web1 server.unreachable"});
  CHECK(first.someone_unreachable);
  CHECK_FALSE(first.person_needed);
  for (int quarter = 1; quarter < 96; ++quarter) {
    wait(minutes(15));
    REQUIRE(tick(down()).items.empty());
  }
  wait(minutes(15));
  CHECK(told(tick(down())) == Lines{"reminder critical web1 server.unreachable"});
  CHECK(tick({result(web1, Outcome::skipped)}).items.empty());  // nothing was learnt
  const Digest back = tick({GENERATE(result(web1, Outcome::ok), result(upgrade, Outcome::changed))});
  CHECK(told(back) == Lines{"recovery critical web1 server.unreachable"});
  CHECK_FALSE(back.someone_unreachable);
}

TEST_CASE_METHOD(Bot, "the supervisor's own words on an unreachable server are used") {
  Finding words = finding(State::critical, "server.unreachable");
  words.title = "web1: no route to host";
  const Digest digest = tick({result(web1, Outcome::unreachable, {words})});
  REQUIRE(digest.items.size() == 1);
  CHECK(digest.items.front().finding.title == "web1: no route to host");
}

TEST_CASE_METHOD(Bot, "a transient server that is absent is silent, but a wrong host key is not absence") {
  const TaskKey laptop{"laptop", "", ""};
  CHECK(tick({result(laptop, GENERATE(Outcome::unreachable, Outcome::skipped))}).items.empty());
  CHECK(open.empty());
  CHECK(told(tick({result(laptop, Outcome::failed, {finding(State::critical, "server.host_key")})})) ==
        Lines{"alert critical laptop server.host_key"});
}

TEST_CASE_METHOD(Bot, "a refused key takes the place of silence without a recovery") {
  tick({result(web1, Outcome::unreachable)});
  CHECK(told(tick({result(web1, Outcome::failed, {finding(State::critical, "server.authentication")})})) ==
        Lines{"alert critical web1 server.authentication"});
  CHECK(told(tick({result(web1, Outcome::ok)})) == Lines{"recovery critical web1 server.authentication"});
}

TEST_CASE_METHOD(Bot, "a connection lost and found again in one run is the task's matter") {
  CHECK(told(tick({result(web1, Outcome::ok), result(upgrade, Outcome::unreachable), result(backup, Outcome::ok)})) ==
        Lines{"alert warning web1/shop/upgrade task.unreachable"});
  CHECK(told(tick({result(upgrade, Outcome::ok)})) == Lines{"recovery warning web1/shop/upgrade task.unreachable"});
  // Also when nothing was left to do after it; and not when the server was looked for in vain.
  CHECK(told(tick({result(upgrade, Outcome::unreachable)})) ==
        Lines{"alert warning web1/shop/upgrade task.unreachable"});
  tick({result(upgrade, Outcome::ok)});
  const Digest gone = tick({result(web1, Outcome::ok), result(upgrade, Outcome::unreachable),
                            result(web1, Outcome::unreachable)});
  CHECK(told(gone) == Lines{"alert critical web1 server.unreachable"});
}

TEST_CASE_METHOD(Bot, "a transient server that leaves while a task runs is silent, one that comes back is not") {
  const TaskKey laptop{"laptop", "", ""}, task{"laptop", "", "backup"};
  CHECK(tick({result(task, Outcome::unreachable), result(laptop, Outcome::skipped)}).items.empty());
  CHECK(told(tick({result(task, Outcome::unreachable)})) == Lines{"alert warning laptop/backup task.unreachable"});
}

TEST_CASE_METHOD(Bot, "a server's success speaks for its configurations, except where a project speaks itself") {
  const TaskKey shop{"web1", "shop", ""};
  const Finding broken = finding(State::warning, "config.broken", "/etc/maintain.d/shop.yml");
  const auto line = [](const char* notice) {
    return std::string(notice) + " warning web1/shop config.broken /etc/maintain.d/shop.yml";
  };
  CHECK(told(tick({result(web1, Outcome::ok), result(shop, Outcome::ok, {broken})})) == Lines{line("alert")});
  CHECK(tick({result(shop, Outcome::ok, {broken}), result(web1, Outcome::ok)}).items.empty());  // in either order
  CHECK(tick({result(shop, Outcome::failed, {broken}), result(web1, Outcome::ok)}).open_after.size() == 2);
  CHECK(told(tick({result(web1, Outcome::ok)})).back() == line("recovery"));  // the file is gone
  CHECK(open.empty());
}

TEST_CASE_METHOD(Bot, "findings of tasks, servers and promises that exist no longer go without a word") {
  tick({result(upgrade, Outcome::ok, {held}), result({"web2", "", "upgrade"}, Outcome::ok, {held})});
  SECTION("a task is no longer declared") { statuses.erase(statuses.begin()); }
  SECTION("a task was disabled") { statuses.front().active = false; }
  SECTION("the server left the inventory") { servers.erase(servers.begin()); }
  SECTION("the server was disabled") { servers.front().enabled = false; }
  wait(hours(48));
  CHECK(told(tick()) == Lines{"reminder warning web2/upgrade apt.held nginx"});
  CHECK(open.size() == 1);
}

TEST_CASE_METHOD(Bot, "a server that became transient while it was down goes without a word") {
  tick({result(web1, Outcome::unreachable)});
  servers.front().transient = true;
  CHECK(tick({result(web1, Outcome::unreachable)}).items.empty());
  CHECK(open.empty());
}

TEST_CASE_METHOD(Bot, "a promise that is not kept is told, also of a transient server that is absent") {
  TaskStatus& laptop = statuses.back();
  laptop.record.last_success = now;
  laptop.max_age = hours(36);
  wait(hours(36));
  CHECK(tick().items.empty());
  wait(minutes(1));
  const Digest stale = tick();
  CHECK(told(stale) == Lines{"alert critical laptop/backup task.stale"});
  CHECK(stale.items.front().run_id.empty());
  wait(minutes(15));
  CHECK(tick().items.empty());
  SECTION("it succeeds again") {
    laptop.record.last_success = now;
    CHECK(told(tick({result(laptop.key, Outcome::ok)})) == Lines{"recovery critical laptop/backup task.stale"});
  }
  SECTION("the promise is taken back") {
    laptop.max_age = std::nullopt;
    CHECK(tick().items.empty());
    CHECK(open.empty());
  }
}

TEST_CASE_METHOD(Bot, "a task that never succeeded is measured from when it was first seen") {
  statuses.front().max_age = hours(24);
  CHECK(tick().items.empty());  // not seen by the store yet
  statuses.front().first_seen = now;
  wait(hours(25));
  CHECK(told(tick()) == Lines{"alert critical web1/shop/upgrade task.stale"});
}

TEST_CASE_METHOD(Bot, "severity bounds what a task can alarm with, our own words included") {
  statuses.front().severity = State::warning;
  CHECK(told(tick({result(upgrade, Outcome::crashed, {finding(State::critical, "apt.broken")})})) ==
        Lines{"alert warning web1/shop/upgrade apt.broken", "alert warning web1/shop/upgrade task.crashed"});
  CHECK(tick({result(upgrade, Outcome::failed, {finding(State::critical, "apt.broken")})}).worst == State::warning);
  CHECK(open.size() == 1);  // the bounded finding still explains the failure
}

TEST_CASE_METHOD(Bot, "one identity emitted twice is one finding, the worse one") {
  const Digest digest = tick({result(upgrade, Outcome::ok,
                                     {finding(State::critical, "disk.full", "/"),
                                      finding(State::warning, "disk.full", "/")})});
  CHECK(told(digest) == Lines{"alert critical web1/shop/upgrade disk.full /"});
}

TEST_CASE_METHOD(Bot, "results of a killed run are told with the next, and only their sum counts") {
  tick({result(upgrade, Outcome::ok, {held})});
  // It went away in the killed run and is back in this one: for a reader nothing happened.
  CHECK(tick({result(upgrade, Outcome::ok), result(upgrade, Outcome::ok, {held})}).items.empty());
  CHECK(told(tick({result(upgrade, Outcome::crashed), result(upgrade, Outcome::ok)})) ==
        Lines{"recovery warning web1/shop/upgrade apt.held nginx"});
}

TEST_CASE_METHOD(Bot, "what was never told needs no recovery") {
  OpenFinding untold;
  untold.key = upgrade;
  untold.finding = held;
  open = {untold};
  CHECK(told(tick()) == Lines{"alert warning web1/shop/upgrade apt.held nginx"});
  open = {untold};
  CHECK(tick({result(upgrade, Outcome::ok)}).items.empty());
}

TEST_CASE_METHOD(Bot, "a dry run shows all it finds and leaves no trace") {
  tick({result(upgrade, Outcome::ok, {held}), result(backup, Outcome::ok, {held})});
  wait(hours(100));
  DigestRequest dry = request({result(upgrade, Outcome::ok, {held}), result(backup, Outcome::ok),
                               result({"web2", "", ""}, Outcome::unreachable)});
  dry.mode = Mode::check;
  const Digest digest = make_digest(dry);
  CHECK(told(digest) ==
        Lines{"alert critical web2 server.unreachable", "alert warning web1/shop/upgrade apt.held nginx"});
  CHECK(digest.items.back().since == now - hours(100));
  REQUIRE(digest.open_after.size() == 2);
  CHECK(digest.open_after[0].reported == open[0].reported);
  CHECK(digest.someone_unreachable);
}

TEST_CASE_METHOD(Bot, "worst first: by state, alerts before reminders, then by place, recoveries last") {
  tick({result(backup, Outcome::ok, {finding(State::critical, "a.a")}),
        result({"web2", "", "upgrade"}, Outcome::ok, {finding(State::critical, "b.b")})});
  wait(hours(24));
  CHECK(told(tick({result(upgrade, Outcome::ok, {held, finding(State::critical, "z.z")}),
                   result({"web2", "", "upgrade"}, Outcome::ok)})) ==
        Lines{"alert critical web1/shop/upgrade z.z", "reminder critical web1/shop/backup a.a",
              "alert warning web1/shop/upgrade apt.held nginx", "recovery critical web2/upgrade b.b"});
}

TEST_CASE_METHOD(Bot, "an item names its run, its contact, and when it began") {
  statuses.front().contact = "ops@example.org";
  tick({result(upgrade, Outcome::ok, {held})});
  const Time first = now;
  wait(hours(25));
  TaskResult later = result(upgrade, Outcome::ok, {held});
  later.run_id = "20261123T140000Z-0002";
  const Digest digest = tick({later});
  REQUIRE(digest.items.size() == 1);
  CHECK(digest.items.front().contact == "ops@example.org");
  CHECK(digest.items.front().run_id == "20261123T140000Z-0002");
  CHECK(digest.items.front().since == first);
}

TEST_CASE_METHOD(Bot, "copies that do not get to the second place are told, and when they do") {
  BackupStatus copies;
  copies.key = backup;
  copies.task = BackupStatus::Task::active;
  copies.second = SecondStatus{hours(48), now};
  second = {copies};
  wait(hours(48));
  CHECK(tick({result(backup, Outcome::ok)}).items.empty());
  wait(Seconds(1));
  const Digest late = tick({result(backup, Outcome::ok)});
  CHECK(told(late) == Lines{"alert warning web1/shop/backup backup.second_stale"});
  CHECK(late.person_needed);
  wait(minutes(15));
  CHECK(tick({result(backup, Outcome::ok)}).items.empty());  // a copy here is none there
  second.front().second->in_step = now;
  CHECK(told(tick()) == Lines{"recovery warning web1/shop/backup backup.second_stale"});

  second.front().second = SecondStatus{hours(48), {}, now};
  wait(hours(49));
  CHECK(told(tick()) == Lines{"alert warning web1/shop/backup backup.second_stale"});
  second.clear();  // there is no such place any more
  CHECK(tick().items.empty());
  CHECK(open.empty());
}
