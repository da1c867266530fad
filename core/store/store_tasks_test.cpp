#include <catch2/catch.hpp>

#include "store/testing.hpp"

using namespace maintain;
using namespace maintain::testing;

namespace {

const Time noon = at("2026-11-22T12:00:00Z");
const TaskKey upgrade{"web1", "shop", "os-upgrade"};

TaskStatus declared(const TaskKey& key) {
  TaskStatus status;
  status.key = key;
  status.type = "apt.upgrade";
  status.schedule = "5 21 * * *";
  return status;
}

}  // namespace

TEST_CASE_METHOD(StoreFixture, "a commit writes result and record together, and both survive") {
  begin("a", noon);
  TaskCommit commit = commit_of("a", upgrade, Outcome::changed, noon);
  commit.new_state = R"({"seen":[1]})";
  must(store->commit_task(commit));
  reopen();
  const TaskRecord record = record_of(*store, upgrade);
  CHECK(record.last_success == noon);
  CHECK(record.last_outcome == Outcome::changed);
  CHECK(record.state == R"({"seen":[1]})");
  CHECK(must(store->server_records("web1")).size() == 1);
  CHECK(must(store->server_records("web2")).empty());
}

TEST_CASE_METHOD(StoreFixture, "a dry run leaves history and nothing else") {
  begin("a", noon, Mode::check);
  TaskCommit commit = commit_of("a", upgrade, Outcome::ok, noon);
  commit.mode = Mode::check;
  commit.new_state = "{}";
  must(store->commit_task(commit));
  const auto history = must(store->history({}, 10));
  REQUIRE(history.size() == 1);
  CHECK(history.front().mode == Mode::check);
  CHECK(must(store->server_records("web1")).empty());
  CHECK(must(store->unreported_results()).empty());
}

TEST_CASE_METHOD(StoreFixture, "a result about a server makes no task record") {
  begin("a", noon);
  must(store->commit_task(commit_of("a", {"web1", "", ""}, Outcome::unreachable, noon)));
  CHECK(must(store->server_records("web1")).empty());
}

TEST_CASE_METHOD(StoreFixture, "checkpoint and pending jobs leave the rest of the record alone") {
  begin("a", noon);
  must(store->commit_task(commit_of("a", upgrade, Outcome::ok, noon)));
  must(store->save_task_state(upgrade, R"({"step":1})"));
  must(store->save_pending_jobs(upgrade, {"prepare", "order"}));
  TaskRecord record = record_of(*store, upgrade);
  CHECK(record.last_success == noon);
  CHECK(record.state == R"({"step":1})");
  CHECK(record.pending_jobs == std::set<std::string>{"order", "prepare"});
  must(store->save_pending_jobs(upgrade, {}));
  CHECK(record_of(*store, upgrade).pending_jobs.empty());
  CHECK(record_of(*store, upgrade).state == R"({"step":1})");
}

TEST_CASE_METHOD(StoreFixture, "an import never moves a mark back") {
  TaskSpec spec;
  spec.name = upgrade.task;
  spec.legacy_status_key = "os_upgrade_when";
  Project project;
  project.name = upgrade.project;
  project.tasks = {spec};
  const auto import = [&](Time at) {
    must(store->save_legacy_marks({{"web1", "os_upgrade_when", at}}));
    must(store->claim_legacy_marks("web1", {project}));
    return record_of(*store, upgrade).last_success;
  };
  CHECK(import(noon) == noon);
  CHECK(import(noon - std::chrono::hours(5)) == noon);
  CHECK(import(noon + std::chrono::hours(5)) == noon + std::chrono::hours(5));
}

TEST_CASE_METHOD(StoreFixture, "marks of the earlier bot wait for their server and are taken once") {
  must(store->save_legacy_marks({{"web1", "db_backup_when", noon}, {"web1", "other_when", noon},
                                 {"web2", "db_backup_when", noon}}));
  must(store->save_legacy_marks({{"web1", "db_backup_when", noon - std::chrono::hours(1)}}));  // the later one stays
  reopen();
  TaskSpec spec;
  spec.name = "db_backup";
  spec.legacy_status_key = "db_backup_when";
  Project legacy;
  legacy.tasks = {spec};
  CHECK(must(store->claim_legacy_marks("web9", {legacy})).empty());
  const auto claimed = must(store->claim_legacy_marks("web1", {legacy}));
  REQUIRE(claimed.size() == 1);
  CHECK(record_of(*store, claimed.front()).last_success == noon);
  const std::vector<LegacyMark> left{{"web1", "other_when", noon}, {"web2", "db_backup_when", noon}};
  CHECK(must(store->legacy_marks()) == left);
  CHECK(must(store->claim_legacy_marks("web1", {legacy})).empty());
}

TEST_CASE_METHOD(StoreFixture, "a status shows what was declared with what the store knows now") {
  TaskStatus status = declared(upgrade);
  status.max_age = std::chrono::hours(36);
  status.next_due = noon + std::chrono::hours(9);
  status.severity = State::warning;
  status.contact = "ops@example.org";
  must(store->save_task_statuses("web1", {status}, noon));
  begin("a", noon);
  must(store->commit_task(commit_of("a", upgrade, Outcome::skipped, noon + std::chrono::minutes(1))));
  const auto all = must(store->task_statuses());
  REQUIRE(all.size() == 1);
  const TaskStatus& read = all.front();
  CHECK(read.key == upgrade);
  CHECK(read.schedule == "5 21 * * *");
  CHECK(read.max_age == std::chrono::hours(36));
  CHECK(read.next_due == noon + std::chrono::hours(9));
  CHECK(read.severity == State::warning);
  CHECK(read.contact == "ops@example.org");
  CHECK(read.first_seen == noon);
  CHECK(read.record.last_outcome == Outcome::skipped);
  CHECK_FALSE(read.record.last_attempt.has_value());
  CHECK(read.last_run == noon + std::chrono::minutes(1));
  CHECK(read.last_summary == "3 packages");
  CHECK(read.active);
  CHECK(read.refusal.empty());
  status.active = false;
  status.refusal = "`allow` lacks 'patch'";
  must(store->save_task_statuses("web1", {status}, noon));
  CHECK_FALSE(must(store->task_statuses()).at(0).active);
  CHECK(must(store->task_statuses()).at(0).refusal == status.refusal);
  status.refusal.clear();  // that alone is worth writing
  must(store->save_task_statuses("web1", {status}, noon));
  CHECK(must(store->task_statuses()).at(0).refusal.empty());
}

TEST_CASE_METHOD(StoreFixture, "a status has what the last success measured of things that have a name") {
  must(store->save_task_statuses("web1", {declared(upgrade)}, noon));
  begin("a", noon);
  const auto end_with = [&](Outcome outcome, double left, Mode mode = Mode::apply) {
    TaskCommit commit = commit_of("a", upgrade, outcome, noon);
    commit.mode = mode;
    commit.result.metrics = {{"packages", 3, ""}, {"left", left, "ratio", "www.example.org"}};
    must(store->commit_task(commit));
  };
  CHECK(must(store->task_statuses()).at(0).measured.empty());
  end_with(Outcome::ok, 0.9);
  end_with(Outcome::changed, 0.8);
  end_with(Outcome::failed, 0.1);
  end_with(Outcome::skipped, 0.2);
  end_with(Outcome::ok, 0.3, Mode::check);
  const auto measured = must(store->task_statuses()).at(0).measured;
  REQUIRE(measured.size() == 1);
  CHECK(measured[0].subject == "www.example.org");
  CHECK(measured[0].value == 0.8);
}

TEST_CASE_METHOD(StoreFixture, "statuses are replaced per server: first_seen stays while a task is declared") {
  const TaskKey reboot{"web1", "shop", "reboot"};
  must(store->save_task_statuses("web1", {declared(reboot), declared(upgrade)}, noon));
  must(store->save_task_statuses("web2", {declared({"web2", "", "x"})}, noon));
  must(store->save_task_statuses("web1", {declared(upgrade)}, noon + std::chrono::hours(1)));
  must(store->save_task_statuses("web1", {declared(upgrade), declared(reboot)}, noon + std::chrono::hours(2)));
  const auto all = must(store->task_statuses());
  REQUIRE(all.size() == 3);
  CHECK(all[0].first_seen == noon);
  CHECK(all[1].key == reboot);
  CHECK(all[1].first_seen == noon + std::chrono::hours(2));
  must(store->save_task_statuses("web1", {}, noon));
  CHECK(must(store->task_statuses()).size() == 1);
}

TEST_CASE_METHOD(StoreFixture, "server memory with configurations comes back and is replaced") {
  ServerMemory memory;
  CHECK(must(store->server_memory("web1")).configs.empty());
  memory.last_contact = noon;
  memory.configs = {{"/etc/maintain.d/shop.yml", "version: 2\n\xff", "version: 2\n"},
                    {"/etc/maintain.d/a.yml", "x", std::nullopt}};
  must(store->save_server_memory("web1", memory));
  memory.unreachable_since = noon;
  must(store->save_server_memory("web1", memory));
  reopen();
  const ServerMemory read = must(store->server_memory("web1"));
  CHECK(read.last_contact == noon);
  CHECK(read.unreachable_since == noon);
  CHECK_FALSE(read.configs_fetched.has_value());
  REQUIRE(read.configs.size() == 2);
  CHECK(read.configs[0].text == "version: 2\n\xff");
  CHECK(read.configs[0].last_good == "version: 2\n");
  CHECK_FALSE(read.configs[1].last_good.has_value());
  memory.configs.resize(1);
  must(store->save_server_memory("web1", memory));
  CHECK(must(store->server_memory("web1")).configs.size() == 1);
}
