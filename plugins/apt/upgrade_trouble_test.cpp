// What apt.upgrade makes of services that an upgrade broke, odd answers, and servers that are set up strangely.
#include "apt/findings.hpp"
#include "apt/upgrade_testing.hpp"

using namespace maintain::plugins;
using namespace maintain::plugins::apt;

namespace {

TaskRun dry_run(FakeServer& server, Json options = Json::object()) {
  UpgradeTask task;
  return run_task(task, server, {.options = std::move(options), .check = true});
}

// The recorded service, started again so many times by systemd.
std::string restarted(int times) {
  const std::string text = snapshot("before");
  const std::size_t unit = text.find("Id=demo-service.service");
  REQUIRE(unit != std::string::npos);
  const std::size_t block = text.rfind("\n\n", unit) + 1;
  const std::size_t at = text.find("NRestarts=0", block);
  REQUIRE(at != std::string::npos);
  return std::string(text).replace(at, 11, "NRestarts=" + std::to_string(times));
}

}  // namespace

TEST_CASE("what an upgrade broke stays told until it runs again") {
  FakeServer server;
  run_fine_upgrade(server);
  server.expect(snapshot_look()).reply(snapshot("before"));
  server.stub(snapshot_look(), {.output = snapshot("after")});
  server.stub(argv({"journalctl"}), {.output = "demo-service: no\n"});
  CHECK(upgrade(server).outcome == Outcome::failed);
  REQUIRE(server.find("apt.service_broken", "demo-service.service") != nullptr);

  server.findings.clear();
  server.expect(packages_look()).reply(recorded("packages_fine_after.txt"));
  CHECK(upgrade(server).outcome == Outcome::failed);
  CHECK(server.summary == "nothing to upgrade; something that ran before no longer does; left: 1 held, 1 phased");
  CHECK(server.find("apt.service_broken", "demo-service.service") != nullptr);
  CHECK(server.find("apt.port_closed", "tcp 0.0.0.0:4711") != nullptr);

  SECTION("after the repair it is over") {
    server.findings.clear();
    server.stub(snapshot_look(), {.output = snapshot("before")});
    server.expect(packages_look()).reply(recorded("packages_fine_after.txt"));
    CHECK(upgrade(server).outcome == Outcome::ok);
    CHECK_FALSE(worth_a_mail(server));
    CHECK_FALSE(server.state.contains("watch"));
    const int looks = count_of(server, snapshot_script());
    server.expect(packages_look()).reply(recorded("packages_fine_after.txt"));
    CHECK(upgrade(server).outcome == Outcome::ok);
    CHECK(count_of(server, snapshot_script()) == looks);
  }
  SECTION("or when it was taken out of service on purpose") {
    server.findings.clear();
    server.expect(packages_look()).reply(recorded("packages_fine_after.txt"));
    CHECK(upgrade(server, {{"may_stop", {"demo-*.service", "tcp *:4711"}}}).outcome == Outcome::ok);
    CHECK_FALSE(worth_a_mail(server));
    CHECK_FALSE(server.state.contains("watch"));
  }
  SECTION("also when another upgrade comes, which compares with a server that was broken already") {
    server.findings.clear();
    server.expect(packages_look()).reply(recorded("packages_fine.txt")).reply(recorded("packages_fine_after.txt"));
    server.expect_job("upgrade", fine_job());
    CHECK(upgrade(server).outcome == Outcome::failed);
    CHECK(server.find("apt.service_broken", "demo-service.service") != nullptr);
  }
}

TEST_CASE("a service that dies after a few seconds was not well at the first look") {
  FakeServer server;
  run_fine_upgrade(server);
  server.expect(snapshot_look()).reply(snapshot("before")).reply(snapshot("before")).reply(snapshot("after"));
  server.stub(snapshot_look(), {.output = snapshot("after")});
  server.stub(argv({"journalctl"}), {.output = "demo-service: no\n"});
  CHECK(upgrade(server).outcome == Outcome::failed);
  CHECK(server.find("apt.service_broken", "demo-service.service") != nullptr);
}

TEST_CASE("a service that is active at every look, and restarted between them") {
  FakeServer server;
  run_fine_upgrade(server);
  int times = 0;
  server.stub(snapshot_look(), [&](const SeenCommand&) { return Reply{.output = restarted(times++)}; });
  server.stub(argv({"journalctl"}), {.output = "demo-service: no\n"});
  SECTION("without end") {
    CHECK(upgrade(server).outcome == Outcome::failed);
    const Finding* finding = server.find("apt.service_restarting", "demo-service.service");
    REQUIRE(finding != nullptr);
    CHECK(finding->state == State::critical);
    CHECK(finding->title.find("does not stay up") != std::string::npos);
    server.findings.clear();
    server.expect(packages_look()).reply(recorded("packages_fine_after.txt"));
    CHECK(upgrade(server).outcome == Outcome::failed);
    CHECK(server.find("apt.service_restarting", "demo-service.service") != nullptr);
  }
  SECTION("until it has caught itself") {
    server.stub(snapshot_look(), [&](const SeenCommand&) { return Reply{.output = restarted(std::min(times++, 2))}; });
    CHECK(upgrade(server).outcome == Outcome::changed);
    REQUIRE(server.find("apt.service_restarting", "demo-service.service") != nullptr);
    CHECK(server.find("apt.service_restarting", "demo-service.service")->state == State::warning);
  }
}

TEST_CASE("a server that goes down under our eyes is judged by what ran before the first attempt") {
  FakeServer server;
  fine_server(server);
  server.expect(packages_look()).reply(recorded("packages_fine.txt"));
  server.expect_job("upgrade", {.takes = minutes(1), .gets_lost = true});
  CHECK(upgrade(server).outcome == Outcome::failed);
  CHECK(server.find("apt.interrupted") != nullptr);
  CHECK(server.collected_jobs.size() == 1);

  // It is back, and the service of the half-done upgrade did not start.
  server.stub(snapshot_look(), {.output = snapshot("after")});
  server.stub(argv({"journalctl"}), {.output = "demo-service: no\n"});
  server.expect(packages_look()).reply(recorded("packages_fine.txt")).reply(recorded("packages_fine_after.txt"));
  server.expect_job("upgrade", fine_job());
  CHECK(upgrade(server).outcome == Outcome::failed);
  CHECK(server.find("apt.service_broken", "demo-service.service") != nullptr);
  CHECK_FALSE(server.state.contains("job"));
}

TEST_CASE("a connection that comes back is no reason to leave the job alone") {
  FakeServer server;
  run_fine_upgrade(server);
  FakeJob job = fine_job();
  job.takes = minutes(40);
  job.follow_failures = {{.takes = minutes(4), .failure = MAINTAIN_UNREACHABLE, .message = "no route"}};
  server.expect_job("upgrade", job);
  CHECK(upgrade(server, {{"idle_timeout", "1h"}}).outcome == Outcome::changed);
  CHECK(server.summary.starts_with("upgraded 5 packages"));
}

TEST_CASE("a server without any package source is not up to date") {
  FakeServer server;
  fine_server(server);
  server.stub(update_run(), {.output = "@@maintain begin update\nReading package lists...\n\n@@maintain end 0\n"});
  CHECK(upgrade(server).outcome == Outcome::failed);
  REQUIRE(server.find("apt.no_sources") != nullptr);
  CHECK(server.find("apt.no_sources")->state == State::warning);
}

TEST_CASE("a remark of dpkg's about its own records does not fail an upgrade") {
  FakeServer server;
  run_fine_upgrade(server);
  server.stub(effects_look(), {.output = changed(recorded("effects_fine.txt"), "begin audit\n",
                                                 "begin audit\nThe following packages are missing the md5sums control "
                                                 "file\n"
                                                 "in the database:\n some-package\n")});
  CHECK(upgrade(server).outcome == Outcome::changed);
  REQUIRE(server.find("apt.audit_remark") != nullptr);
  CHECK(server.find("apt.audit_remark")->state == State::warning);
  CHECK(server.find("apt.audit_remark")->detail.find("md5sums") != std::string::npos);
  CHECK(server.find("apt.broken") == nullptr);
}

TEST_CASE("what a full upgrade removes is told as removed") {
  FakeServer server;
  fine_server(server);
  const std::string inst = "Inst demo-conffile [1.0]";
  server.expect(packages_look())
      .reply(changed(recorded("packages_fine.txt"), inst, "Remv demo-old [1.0]\n" + inst))
      .reply(recorded("packages_fine_after.txt"));
  server.expect_job("upgrade", fine_job());
  CHECK(upgrade(server, {{"upgrade", "full"}}).outcome == Outcome::changed);
  CHECK(server.summary.find("upgraded 5 packages: demo-conffile, ") == 0);
  CHECK(server.summary.find("; removed 1: demo-old") != std::string::npos);
  CHECK(server.metrics.at("apt_upgraded_packages") == 5);
  CHECK(server.metrics.at("apt_removed_packages") == 1);
}

TEST_CASE("pins of the server's own that are stronger than the blocklist stop the upgrade") {
  const Json options = Json::parse(R"({"blocklist": [{"package": "demo-plain", "reason": "later"}]})");
  FakeServer server;
  fine_server(server);
  server.expect(packages_look()).reply(recorded("packages_fine.txt")).reply(recorded("packages_fine.txt"));
  SECTION("in a run") { CHECK(upgrade(server, options).outcome == Outcome::failed); }
  SECTION("in a dry run") { CHECK(dry_run(server, options).outcome == Outcome::failed); }
  REQUIRE(server.find("apt.block_ineffective") != nullptr);
  CHECK(server.find("apt.block_ineffective")->state == State::critical);
  CHECK(server.find("apt.block_ineffective")->title == "apt would change what is to stay as it is: demo-plain");
}

TEST_CASE("a dry run tells what would stop the upgrade") {
  FakeServer server;
  fine_server(server);
  server.expect(packages_look()).reply(recorded("packages_fine.txt"));
  SECTION("a full disk") {
    CHECK(dry_run(server, {{"min_free", "2G"}}).outcome == Outcome::ok);
    CHECK(server.find("apt.disk_full", "/") != nullptr);
    CHECK(server.summary.starts_with("no upgrade: / has"));
  }
  SECTION("pins with which apt cannot plan") {
    server.expect(packages_look()).reply("@@maintain begin held\n\n@@maintain end 0\n@@maintain begin simulate\n"
                                         "E: Invalid record in the preferences file\n\n@@maintain end 100\n");
    CHECK(dry_run(server, Json::parse(R"({"blocklist": [{"package": "demo-plain", "reason": "later"}]})")).outcome ==
          Outcome::failed);
    REQUIRE(server.find("apt.unusable") != nullptr);
    CHECK(server.summary == "apt cannot plan an upgrade");
  }
}

TEST_CASE("a repair may only remove packages where that is wanted, and tells it") {
  FakeServer server;
  run_fine_upgrade(server);
  server.expect(state_look()).reply(recorded("state_interrupted.txt"));
  server.expect_job("upgrade", {.output = "@@maintain begin fix\nRemoving demo-old (1.0) ...\n\n@@maintain end 0\n",
                                .then = [](FakeServer& same) { same.expect_job("upgrade", fine_job()); }});
  CHECK(upgrade(server, {{"upgrade", "full"}}).outcome == Outcome::changed);
  REQUIRE(server.find("apt.removed") != nullptr);
  CHECK(server.find("apt.removed")->title == "to repair dpkg's state, 1 package was removed: demo-old");
  CHECK(server.output.find("demo-old 1.0 removed\n") != std::string::npos);
  CHECK(repair_arguments(UpgradeMode::full) == std::vector<std::string>{""});
  CHECK(repair_arguments(UpgradeMode::security) == std::vector<std::string>{"--no-remove"});
}

TEST_CASE("a lock is as old as our first meeting with its holder") {
  TaskMemory memory;
  const LockHolder first{.lock = "/var/lib/dpkg/lock", .pid = "7", .started = 100,
                         .command = "/usr/bin/python3 /usr/bin/unattended-upgrade -v"};
  CHECK(holder_name(first) == "unattended-upgrade");
  note_lock(memory, {first}, Moment{hours(1)});
  note_lock(memory, {first}, Moment{hours(2)});
  REQUIRE(memory.lock);
  CHECK(memory.lock->since == Moment{hours(1)});
  note_lock(memory, {}, Moment{hours(2)});
  CHECK(memory.lock->since == Moment{hours(1)});
  LockHolder second = first;
  second.started = 200;  // the process id is in use again
  note_lock(memory, {second}, Moment{hours(3)});
  CHECK(memory.lock->since == Moment{hours(3)});
}
