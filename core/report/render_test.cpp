// Golden files: MAINTAIN_UPDATE_GOLDEN=1 writes them anew; read the difference before you commit it.
#include <cstdlib>
#include <filesystem>
#include <limits>

#include <catch2/catch.hpp>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "report/render_json.hpp"
#include "report/render_text.hpp"
#include "report/testing.hpp"

using namespace maintain;
using namespace maintain::testing;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

const std::string run_id = "20261122T130341Z-4f2a";
const TaskKey upgrade{"web1", "shop", "upgrade"};

void check_golden(const std::string& name, const std::string& text) {
  const auto file = std::filesystem::path(MAINTAIN_TESTDATA) / name;
  if (std::getenv("MAINTAIN_UPDATE_GOLDEN") != nullptr) {
    REQUIRE(write_file_atomically(file, text).has_value());
    return;
  }
  const auto expected = read_file(file, 1 << 20);
  INFO(file);
  REQUIRE(expected.has_value());
  CHECK(text == *expected);
}

std::size_t widest(const std::string& text) {
  std::size_t most = 0;
  for (const std::string& line : split_lines(text)) most = std::max(most, line.size());
  return most;
}

// One of everything that can be told, with text as a hostile server would write it.
Digest telling_digest() {
  Bot bot;
  bot.statuses.front().contact = "ops@example.org";
  bot.tick({result({"web2", "", "upgrade"}, Outcome::ok, {finding(State::warning, "apt.old")}),
            result({"web2", "", ""}, Outcome::unreachable), result({"laptop", "", "backup"}, Outcome::failed)});
  bot.wait(hours(25));
  Finding conffile{State::critical, "apt.broken", "", "2 packages could not be configured",
                   "dpkg: error processing package nginx-common (--configure): installed nginx-common package "
                   "post-installation script subprocess returned error exit status 1\n  nginx-common\n"
                   "  \x1b[31mnginx\x1b[0m\xff", "run `dpkg --configure -a` on the server, then look at what it says"};
  Finding held{State::warning, "apt.held", "libc6", "libc6 is held back at 2.36-9 for 12 days", "",
               "apt-mark unhold PACKAGE"};
  Finding held_too{State::warning, "apt.held", "nginx", "nginx is held back at 1.22 for 3 days", "",
                   "apt-mark unhold PACKAGE"};
  TaskResult shop = result(upgrade, Outcome::failed, {conffile, held, held_too});
  shop.run_id = run_id;
  TaskStatus& backup = bot.statuses[1];
  backup.max_age = hours(36);
  backup.record.last_success = bot.now - hours(60);
  backup.last_summary = "timed out";
  return bot.tick({shop, result({"web2", "", "upgrade"}, Outcome::ok)});
}

std::vector<TaskStatus> telling_statuses(Time now) {
  TaskStatus well = declared(upgrade);
  well.record.last_success = well.last_run = now - hours(16);
  well.record.last_outcome = Outcome::changed;
  well.next_due = now + hours(8);
  well.max_age = hours(36);
  well.contact = "ops@example.org";
  well.measured = {{"certificate_lifetime_left", 0.614, "ratio", "www.example.org"},
                   {"certificate_lifetime_left", 0.1, "ratio", "evil\x1b[31m"},
                   {"certificate_time_left", 3600 * 40, "seconds", "www.example.org"},
                   {"size", std::numeric_limits<double>::quiet_NaN(), "bytes", "odd"}};
  TaskStatus failing = declared({"web1", "shop", "orders"});
  failing.type = "backup.database";
  failing.record.last_success = now - hours(72);
  failing.last_run = now - minutes(10);
  failing.record.last_outcome = Outcome::failed;
  failing.record.failures_in_a_row = 4;
  failing.next_due = now - minutes(1);
  failing.max_age = hours(36);
  failing.last_summary = "no space left";
  TaskStatus running = declared({"web2", "", "upgrade"});
  running.record.last_outcome = Outcome::unreachable;
  running.record.failures_in_a_row = 1;
  running.record.pending_jobs = {"upgrade-1"};
  running.last_run = now;
  TaskStatus disabled = declared({"web2", "", "old"});
  disabled.active = false;
  TaskStatus refused = declared({"web2", "", "refused"});
  refused.active = false;
  refused.refusal = "`allow` at /etc/maintain.d/shop.yml:2:1 lacks 'patch': add that word to let the task run";
  TaskStatus imported = declared({"web2", "", "taken-over"});
  imported.record.last_success = now - hours(10);
  return {well, failing, running, declared({"web2", "", "new"}), disabled, refused, imported};
}

std::vector<BackupStatus> telling_backups(Time now) {
  BackupStatus well;
  well.key = {"web1", "shop", "orders"};
  well.task = BackupStatus::Task::active;
  well.max_age = hours(36);
  well.newest = {"20261119T131000Z", now - hours(72), 4096, 1};
  well.sizes = {1024, 4096};
  well.quarantined = {"20261122T131000Z"};
  well.last_drill = {now - hours(24), false, Milliseconds(1500)};
  well.last_passed_drill = now - hours(24 * 8);
  BackupStatus gone;
  gone.key = {"web2", "", "old"};
  return {well, gone};
}

Run telling_run() {
  Run run;
  run.id = run_id;
  run.started = at("2026-11-22T13:03:41Z");
  run.finished = run.started + minutes(3);
  TaskResult changed = result(upgrade, Outcome::changed,
                              {{State::ok, "apt.audit", "", "dpkg is sound", "", ""},
                               {State::warning, "apt.held", "libc6", "libc6 is held back", "since 2026-11-01\nby hand",
                                "apt-mark unhold libc6"}});
  changed.summary = "3 packages upgraded";
  changed.metrics = {{"packages", 3, ""}, {"duration", 61.5, "seconds"},
                     {"odd", std::numeric_limits<double>::infinity(), ""}};
  changed.run_id = run_id;
  changed.started = run.started;
  changed.finished = run.started + minutes(2);
  TaskResult down = result({"web2", "", ""}, Outcome::unreachable);
  down.summary = "no route to \x1b[2Jhost";
  down.started = down.finished = run.started;
  down.run_id = run_id;
  run.results = {changed, down};
  return run;
}

std::vector<RunSummary> telling_runs() {
  RunSummary last, killed;
  last.id = run_id;
  last.started = at("2026-11-22T13:03:41Z");
  last.finished = last.started + minutes(3);
  last.changed = 1;
  last.unreachable = 1;
  killed.id = "20261122T120000Z-0001";
  killed.mode = Mode::check;
  killed.started = at("2026-11-22T12:00:00Z");
  return {last, killed};
}

}  // namespace

TEST_CASE("nothing to tell is no text at all") {
  CHECK(render_digest({}).empty());
  CHECK(render_digest({}, {.color = true}).empty());
}

TEST_CASE("the digest as a mail") {
  const std::string mail = render_digest(telling_digest());
  check_golden("digest.txt", mail);
  CHECK(widest(mail) <= 103);  // 100 columns, some of more than one byte
  CHECK(printable(mail, true) == mail);
}

TEST_CASE("a narrow mail is wrapped narrowly") {
  for (const std::string& line : split_lines(render_digest(telling_digest(), {.width = 60})))
    CHECK((line.size() <= 63 || line.starts_with("  More: ")));
}

TEST_CASE("colours are the only difference on a terminal") {
  const std::string plain = render_digest(telling_digest()), colored = render_digest(telling_digest(), {.color = true});
  std::string stripped;
  for (std::size_t i = 0; i < colored.size(); ++i) {
    if (colored[i] == '\x1b') i = colored.find('m', i);
    else stripped += colored[i];
  }
  CHECK(colored != plain);
  CHECK(stripped == plain);
}

TEST_CASE("a flood is bounded and says where the rest is") {
  Bot bot;
  std::vector<TaskResult> results;
  for (int i = 0; i < 500; ++i) {
    const TaskKey key{"web1", "", "task" + std::to_string(i)};
    bot.statuses.push_back(declared(key));
    TaskResult failed = result(key, Outcome::failed, {finding(State::critical, "a.b")});
    failed.findings.front().detail = std::string(20000, '\n') + "end";
    results.push_back(failed);
  }
  const std::string mail = render_digest(bot.tick(results));
  CHECK(mail.find("300 more findings") != std::string::npos);
  CHECK(mail.size() < 200'000);
}

TEST_CASE("status, history, runs and one run as text") {
  const Time now = at("2026-11-22T13:10:00Z");
  check_golden("status.txt", render_status(telling_statuses(now), now));
  check_golden("measured.txt", render_measured(telling_statuses(now)));
  check_golden("findings.txt", render_findings(telling_digest().open_after));
  check_golden("history.txt", render_history(telling_run().results));
  check_golden("runs.txt", render_runs(telling_runs()));
  check_golden("run.txt", render_run(telling_run()));
  check_golden("result.txt", render_result(telling_run().results.front(), "Setting up nginx\r\n\x1b[1mdone\x07\n"));
}

TEST_CASE("empty tables say so") {
  CHECK(render_status({}, {}).find("maintain run") != std::string::npos);
  CHECK(render_measured({declared(upgrade)}).empty());
  CHECK(render_findings({}).empty());  // stands below the status table, which says so
  CHECK_FALSE(render_history({}).empty());
  CHECK_FALSE(render_runs({}).empty());
  CHECK(render_result(result(upgrade, Outcome::ok), "").find("no output") != std::string::npos);
  Run empty;
  CHECK(render_run(empty).find("No task ran") != std::string::npos);
}

TEST_CASE("a server cannot add a row or a colour to a table") {
  TaskResult hostile = result({"web1", "", "x"}, Outcome::failed);
  hostile.summary = "a\nweb2  ok\x1b[32m";
  const std::string table = render_history({hostile});
  CHECK(split_lines(table).size() == 2);
  CHECK(table.find('\x1b') == std::string::npos);
}

TEST_CASE("the same as JSON") {
  const Time now = at("2026-11-22T13:10:00Z");
  check_golden("digest.json", digest_json(telling_digest(), telling_run(), ExitStatus::findings));
  check_golden("status.json", status_json(telling_statuses(now), telling_digest().open_after,
                                          telling_backups(now), now));
  CHECK_THAT(status_json({}, {}, std::nullopt, now), Catch::Contains("\"backups\": null"));
  CHECK_THAT(status_json({}, {}, std::vector<BackupStatus>(), now), Catch::Contains("\"backups\": []"));
  check_golden("history.json", history_json(telling_run().results));
  check_golden("runs.json", runs_json(telling_runs()));
  check_golden("run.json", run_json(telling_run()));
  check_golden("result.json", result_json(telling_run().results.front(), "Setting up nginx\r\n\x1b[1mdone\xff\n"));
}

TEST_CASE("status leaves out columns and shortens names on a terminal that is too narrow, and only there") {
  const Time now = at("2026-11-22T13:10:00Z");
  const std::string narrow = render_status(telling_statuses(now), now, {.width = 80, .table_width = 80});
  CHECK_THAT(narrow, Catch::Contains("NEXT DUE") && !Catch::Contains("TYPE") && !Catch::Contains("MAX AGE"));
  for (const std::string& line : split_lines(narrow)) CHECK(line.size() <= 80 + 4);  // an ellipsis has three bytes
  CHECK_THAT(render_status(telling_statuses(now), now), Catch::Contains("TYPE") && Catch::Contains("MAX AGE"));
}
