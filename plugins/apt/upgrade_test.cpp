// apt.upgrade from beginning to end, on a server whose answers were recorded.
#include "apt/upgrade_testing.hpp"

using namespace maintain::plugins;
using namespace maintain::plugins::apt;

TEST_CASE("an upgrade that goes well") {
  FakeServer server;
  run_fine_upgrade(server);
  CHECK(upgrade(server).outcome == Outcome::changed);
  CHECK(server.summary ==
        "upgraded 5 packages: demo-conffile, demo-newdep-library, demo-newdep, demo-plain, demo-security; "
                          "left: 1 held, 1 phased");
  CHECK_FALSE(worth_a_mail(server));
  CHECK(server.find("apt.held") != nullptr);
  CHECK(server.find("apt.conffile_leftover", "/etc/demo-conffile.conf.dpkg-dist") != nullptr);
  CHECK(server.metrics.at("apt_upgraded_packages") == 5);
  CHECK(server.metrics.at("apt_security_packages") == 0);
  CHECK(server.collected_jobs == std::vector<std::string>{"upgrade"});
  CHECK(server.output.find("Setting up demo-newdep (2.0) ...\n") != std::string::npos);
  CHECK(server.output.find("Get:3 http://10.77.0.1/web2 bookworm Release") != std::string::npos);
  CHECK(server.output.find("@@maintain") == std::string::npos);
  CHECK(server.output.find("demo-security 1.0 -> 2.0\n") != std::string::npos);
  CHECK(server.output.find("kept the server's /etc/demo-conffile.conf\n") != std::string::npos);
  CHECK_FALSE(server.state.contains("job"));
  CHECK_FALSE(server.state.contains("watch"));

  SECTION("nothing in it can ask anybody anything") {
    REQUIRE(server.checkpoints.size() == 1);
    CHECK(server.checkpoints[0]["job"]["plan"].size() == 5);
    for (const SeenCommand& command : server.commands) {
      if (command.job.empty()) continue;
      CHECK(command.become_user == "root");
      CHECK(command.environment.at("DEBIAN_FRONTEND") == "noninteractive");
      CHECK(command.environment.at("NEEDRESTART_MODE") == "l");
      CHECK(command.environment.at("UCF_FORCE_CONFFOLD") == "1");
      CHECK(command.argv == std::vector<std::string>{"old", "", "", "", "--with-new-pkgs", "upgrade"});
      CHECK(command.script.find("DPkg::Lock::Timeout") != std::string::npos);
    }
  }
}

TEST_CASE("nothing to upgrade is quiet and starts no job") {
  FakeServer server;
  fine_server(server);
  server.expect(packages_look()).reply(recorded("packages_fine_after.txt"));
  CHECK(upgrade(server).outcome == Outcome::ok);
  CHECK(server.summary == "nothing to upgrade; left: 1 held, 1 phased");
  CHECK_FALSE(worth_a_mail(server));
  CHECK(count_of(server, snapshot_script()) == 0);
}

TEST_CASE("a job of an earlier run is followed, not started again") {
  FakeServer server;
  fine_server(server);
  server.state = state_of_interrupted_run();
  server.jobs["upgrade"] = fine_job();
  server.expect(packages_look()).reply(recorded("packages_fine_after.txt"));
  CHECK(upgrade(server).outcome == Outcome::changed);
  CHECK(server.summary.starts_with("upgraded 5 packages"));
  CHECK(server.collected_jobs.size() == 1);
  CHECK(count_of(server, update_script()) == 0);
  CHECK_FALSE(server.state.contains("job"));
}

TEST_CASE("a followed job is judged by what ran before it, which an earlier run recorded") {
  FakeServer server;
  fine_server(server);
  server.stub(snapshot_look(), {.output = snapshot("after")});
  server.stub(argv({"journalctl"}), {.output = "demo-service: no such file or directory\n"});
  server.state = state_of_interrupted_run();
  server.jobs["upgrade"] = {.phase = JobPhase::finished, .output = recorded("job_fine.txt")};
  server.expect(packages_look()).reply(recorded("packages_fine_after.txt"));
  CHECK(upgrade(server).outcome == Outcome::failed);
  const Finding* broken = server.find("apt.service_broken", "demo-service.service");
  REQUIRE(broken != nullptr);
  CHECK(broken->state == State::critical);
  CHECK(broken->title == "demo-service.service was active (running), is failed (exit-code)");
  CHECK(broken->detail == "demo-service: no such file or directory\n");
  CHECK(server.find("apt.port_closed", "tcp 0.0.0.0:4711") != nullptr);
  CHECK(server.collected_jobs.size() == 1);
}

TEST_CASE("the state of the run that started the job may be lost") {
  FakeServer server;
  fine_server(server);
  server.jobs["upgrade"] = fine_job();
  server.expect(packages_look()).reply(recorded("packages_fine_after.txt"));
  CHECK(upgrade(server).outcome == Outcome::changed);
  CHECK(server.summary.starts_with("followed an upgrade of which no plan was kept: 5 packages changed"));
}

TEST_CASE("the connection breaks in mid-upgrade: the job is not collected and known to the next run") {
  FakeServer server;
  fine_server(server);
  server.expect(packages_look()).reply(recorded("packages_fine.txt"));
  FakeJob job = fine_job();
  job.follow_failures = {{.takes = minutes(4), .failure = MAINTAIN_UNREACHABLE, .message = "no route"}};
  server.on_reconnect({.takes = hours(1),  // it would try for as long as it may
                        .failure = MAINTAIN_UNREACHABLE, .message = "no route"});
  server.expect_job("upgrade", job);
  const auto start = server.now();
  const auto run = upgrade(server);
  CHECK((run.status == MAINTAIN_UNREACHABLE || run.status == MAINTAIN_TIMEOUT));
  CHECK(server.now() - start <= minutes(10));
  CHECK(server.collected_jobs.empty());
  REQUIRE_FALSE(server.checkpoints.empty());

  server.state = server.checkpoints.back();  // what the host has on its disk
  server.expect(packages_look()).reply(recorded("packages_fine_after.txt"));
  CHECK(upgrade(server).outcome == Outcome::changed);
  CHECK(server.summary.starts_with("upgraded 5 packages"));
  CHECK(server.collected_jobs.size() == 1);
}

TEST_CASE("killed between the checkpoint and the start: the upgrade is simply done") {
  FakeServer server;
  run_fine_upgrade(server);
  server.state = state_of_interrupted_run();
  CHECK(upgrade(server).outcome == Outcome::changed);
}

TEST_CASE("a run that is due only for a job that is gone repairs, and upgrades nothing") {
  FakeServer server;
  fine_server(server);
  server.state = state_of_interrupted_run();
  UpgradeTask task;
  CHECK(run_task(task, server, {.reattach = true}).outcome == Outcome::skipped);
  CHECK_FALSE(server.state.contains("job"));
}

TEST_CASE("an upgrade that outlasts the task is followed by the next run") {
  FakeServer server;
  fine_server(server);
  server.expect(packages_look()).reply(recorded("packages_fine.txt"));
  FakeJob job = fine_job();
  job.takes = hours(5);
  server.expect_job("upgrade", job);
  CHECK(upgrade(server, {{"idle_timeout", "6h"}}).outcome == Outcome::skipped);
  CHECK(server.summary == "the upgrade still runs; the next run follows it");
  CHECK(server.collected_jobs.empty());
  CHECK(server.state.contains("job"));
}

TEST_CASE("an upgrade that hangs is ended and told") {
  FakeServer server;
  fine_server(server);
  server.expect(packages_look()).reply(recorded("packages_fine.txt"));
  FakeJob job = fine_job();
  job.takes = hours(1);
  job.silent = hours(1);
  server.expect_job("upgrade", job);
  CHECK(upgrade(server).outcome == Outcome::failed);
  REQUIRE(server.find("apt.hung") != nullptr);
  CHECK(server.find("apt.hung")->title == "the upgrade printed nothing for 30m and was ended");
  CHECK(server.collected_jobs.size() == 1);
  CHECK_FALSE(server.state.contains("job"));
}

TEST_CASE("a server that went down in mid-upgrade is repaired and upgraded") {
  FakeServer server;
  fine_server(server);
  server.state = state_of_interrupted_run();
  server.jobs["upgrade"] = {.phase = JobPhase::lost, .output = "Unpacking demo-plain (2.0) over (1.0) ...\n"};
  server.expect(state_look()).reply(recorded("state_interrupted.txt"));
  server.expect_job("upgrade", {.output = recorded("job_repair_interrupted.txt"), .then = [](FakeServer& same) {
                                  same.expect_job("upgrade", fine_job());
                                }});
  server.expect(packages_look()).reply(recorded("packages_fine.txt")).reply(recorded("packages_fine_after.txt"));
  CHECK(upgrade(server).outcome == Outcome::changed);
  CHECK(server.find("apt.interrupted") != nullptr);
  CHECK(server.collected_jobs.size() == 3);
  CHECK(server.summary.starts_with("upgraded 5 packages"));
  // Compared with the moment before the first attempt: nobody took another snapshot before the second. The two looks
  // are those at what came of it.
  CHECK(count_of(server, snapshot_script()) == 2);
}

TEST_CASE("what cannot be repaired stops the upgrade") {
  FakeServer server;
  fine_server(server);
  server.expect(state_look()).reply(recorded("state_broken.txt"));
  server.expect_job("upgrade", {.output = recorded("job_repair_failed.txt"), .status = 100});
  server.stub(effects_look(), {.output = recorded("effects_failed.txt")});
  CHECK(upgrade(server).outcome == Outcome::failed);
  CHECK(server.find("apt.postinst_failed", "demo-failing-postinst") != nullptr);
  CHECK(server.find("apt.broken") != nullptr);
  CHECK(count_of(server, update_script()) == 0);
  for (const SeenCommand& command : server.commands) {
    if (!command.job.empty()) CHECK(command.argv == std::vector<std::string>{"--no-remove"});
  }
}

TEST_CASE("a failing postinst is named, and what was upgraded all the same") {
  FakeServer server;
  fine_server(server);
  server.expect(packages_look()).reply(recorded("packages_all_kinds.txt")).reply(recorded("packages_after.txt"));
  server.expect_job("upgrade", {.output = recorded("job_failing_postinst.txt"), .status = 100});
  // As recorded, with the versions of all eleven.
  std::string effects = recorded("effects_failed.txt");
  const std::string row = "iF \tdemo-failing-postinst\t2.0\n";
  effects.replace(effects.rfind(row), row.size(),
                  row + "ii \tdemo-newdep\t2.0\nii \tdemo-newdep-library\t2.0\nii \tdemo-reboot\t2.0\n"
                        "ii \tdemo-security\t2.0\n"
                        "ii \tdemo-service\t2.0\nii \tdemo-slow\t2.0\nii \tlinux-image-6.1.0-92-demo\t6.1.192-1\n"
                        "ii \tlinux-image-demo\t2.0\n");
  server.stub(effects_look(), {.output = effects});
  CHECK(upgrade(server).outcome == Outcome::failed);
  const Finding* failed = server.find("apt.postinst_failed", "demo-failing-postinst");
  REQUIRE(failed != nullptr);
  CHECK(failed->state == State::critical);
  CHECK(failed->title == "demo-failing-postinst could not be upgraded: its postinst script failed");
  CHECK(failed->detail.find("/etc/demo-failing-postinst.fail is there") != std::string::npos);
  CHECK(server.summary.starts_with("upgraded 10 of 11 packages"));
  CHECK(server.output.find("not upgraded: demo-failing-postinst\n") != std::string::npos);
  CHECK(server.find("apt.reboot_required")->state == State::ok);
}

TEST_CASE("apt's exit status 0 is not believed") {
  FakeServer server;
  fine_server(server);
  server.expect(packages_look()).reply(recorded("packages_fine.txt"));
  server.expect_job("upgrade", {.output = "@@maintain begin upgrade\n\n@@maintain end 0\n"});
  std::string effects = recorded("effects_fine.txt");
  effects.replace(effects.find("demo-security\t2.0"), 17, "demo-security\t1.0");
  server.stub(effects_look(), {.output = effects});
  CHECK(upgrade(server).outcome == Outcome::failed);
  REQUIRE(server.find("apt.not_upgraded") != nullptr);
  CHECK(server.find("apt.not_upgraded")->title == "1 package is not at the planned version: demo-security");
}

TEST_CASE("a download that fails changes nothing and is tried again") {
  FakeServer server;
  fine_server(server);
  server.expect(packages_look()).reply(recorded("packages_fine.txt"));
  server.expect_job("upgrade", {.output = "@@maintain begin download\nE: Failed to fetch http://x/y.deb  404\n\n@@maintain end 100\n",
                                .status = 100});
  std::string effects = recorded("effects_fine.txt");
  for (std::size_t at; (at = effects.find("\t2.0")) != std::string::npos;) effects.replace(at, 4, "\t1.0");
  server.stub(effects_look(), {.output = effects});
  CHECK(upgrade(server).outcome == Outcome::failed);
  REQUIRE(server.find("apt.download_failed") != nullptr);
  CHECK(server.find("apt.download_failed")->state == State::warning);
}

TEST_CASE("a lock that somebody holds") {
  FakeServer server;
  fine_server(server);
  server.stub(state_look(), {.output = recorded("state_locked.txt") + "\n@@maintain end 0\n"
                                       "@@maintain begin disks\n\n@@maintain end 0\n@@maintain begin kernel\nx\n"
                                       "@@maintain end 0\n"
                                       "@@maintain begin images\n\n@@maintain end 0\n"});
  const std::string held = recorded("state_locked.txt");
  const std::string locks = held.substr(0, held.find("@@maintain begin broken"));

  SECTION("for longer than we wait: left for the next run") {
    server.stub(locks_look(), {.output = locks});
    CHECK(upgrade(server).outcome == Outcome::skipped);
    CHECK(server.summary == "deferred: unattended-upgr holds /var/lib/dpkg/lock-frontend");
    CHECK_FALSE(worth_a_mail(server));
    CHECK(server.now() - Moment{} >= minutes(10));

    server.findings.clear();
    server.set_now(server.now() + hours(3));
    CHECK(upgrade(server).outcome == Outcome::skipped);
    REQUIRE(server.find("apt.lock_held") != nullptr);
    CHECK(server.find("apt.lock_held")->state == State::warning);
    CHECK(server.find("apt.lock_held")->detail.find("/var/lib/apt/lists/lock: process 945, unattended-upgr") !=
          std::string::npos);
  }
  SECTION("and gives back while we wait") {
    server.expect(state_look()).reply(held.substr(0, held.find("@@maintain begin locks")) + recorded("state_fine.txt"));
    run_fine_upgrade(server);
    CHECK(upgrade(server).outcome == Outcome::changed);
  }
  SECTION("taken while the lists are refreshed") {
    server.stub(state_look(), {.output = recorded("state_fine.txt")});
    server.stub(update_run(), {.output = recorded("update_locked.txt")});
    server.stub(locks_look(), {.output = locks});
    CHECK(upgrade(server).outcome == Outcome::skipped);
    CHECK(server.state.contains("lock"));
  }
}

TEST_CASE("sources that cannot be refreshed") {
  FakeServer server;
  fine_server(server);
  SECTION("some: the others are upgraded from, and it is said") {
    server.stub(update_run(),
                {.output = "@@maintain begin update\n" + recorded("update_network.txt") + "\n@@maintain end 0\n"});
    server.expect(packages_look()).reply(recorded("packages_fine_after.txt"));
    CHECK(upgrade(server).outcome == Outcome::ok);
    CHECK(server.summary == "nothing to upgrade; 2 sources could not be refreshed; left: 1 held, 1 phased");
    REQUIRE(server.find("apt.source_failed", "http://mirror.example/debian bookworm") != nullptr);
    CHECK(server.find("apt.source_failed", "http://mirror.example/debian bookworm")->state == State::warning);

    server.findings.clear();
    server.set_now(server.now() + hours(24 * 8));
    server.expect(packages_look()).reply(recorded("packages_fine_after.txt"));
    upgrade(server);
    CHECK(server.find("apt.source_failed", "http://mirror.example/debian bookworm")->state == State::critical);
  }
  SECTION("all: nothing is known") {
    server.stub(update_run(),
                {.output = "@@maintain begin update\n" + recorded("update_malformed.txt") + "\n@@maintain end 100\n"});
    CHECK(upgrade(server).outcome == Outcome::failed);
    CHECK(server.summary == "the package lists could not be refreshed: whether there are updates is not known");
  }
}

TEST_CASE("old kernels go before anything else, but not the running one nor the one before") {
  FakeServer server;
  fine_server(server);
  std::string state = recorded("state_fine.txt");
  const std::string running = "begin kernel\n6.18.44-fc-v657\n";
  state.replace(state.find(running), running.size(), "begin kernel\n6.1.0-92-demo\n");
  state.replace(state.find("begin images\n") + 13, 0,
                "ii \tlinux-image-6.1.0-90-demo\t1\nii \tlinux-image-6.1.0-91-demo\t1\n"
                "ii \tlinux-image-6.1.0-92-demo\t1\n");
  server.expect(state_look()).reply(state).reply(state);
  // Offers to remove the oldest kernel, and no upgrade.
  server.expect(packages_look()).reply(recorded("packages_after.txt")).reply(recorded("packages_fine_after.txt"));
  server.expect_job("upgrade", {.output = recorded("job_purge.txt")});
  CHECK(upgrade(server).outcome == Outcome::changed);
  CHECK(server.summary == "nothing to upgrade; 1 other change; left: 1 held, 1 phased");
  CHECK(server.output.find("linux-image-6.1.0-90-demo 6.1.190-1 removed\n") != std::string::npos);
  CHECK(server.collected_jobs.size() == 1);
  for (const SeenCommand& command : server.commands) {
    if (!command.job.empty()) CHECK(command.argv == std::vector<std::string>{"linux-image-6.1.0-90-demo"});
  }
}

TEST_CASE("old kernels stay when nobody wants them removed") {
  FakeServer server;
  fine_server(server);
  server.expect(packages_look()).reply(recorded("packages_after.txt"));
  CHECK(upgrade(server, {{"autoremove_kernels", false}}).outcome == Outcome::ok);
}

TEST_CASE("a full disk stops the upgrade before it begins") {
  FakeServer server;
  fine_server(server);
  server.expect(packages_look()).reply(recorded("packages_fine.txt"));
  CHECK(upgrade(server, {{"min_free", "2G"}}).outcome == Outcome::failed);
  REQUIRE(server.find("apt.disk_full", "/") != nullptr);
  CHECK(server.find("apt.disk_full", "/")->state == State::critical);
}

TEST_CASE("a blocked package is pinned in the plan and in the job") {
  FakeServer server;
  fine_server(server);
  server.expect(packages_look()).reply(recorded("packages_fine.txt")).reply(packages_without("demo-plain"))
      .reply(recorded("packages_fine_after.txt"));
  server.expect_job("upgrade", fine_job());
  upgrade(server, Json::parse(R"({"blocklist": [{"package": "demo-plain", "reason": "later"}]})"));
  const std::string pin = preferences_text({{"demo-plain", "1.0"}});
  for (const SeenCommand& command : server.commands) {
    if (!command.job.empty())
      CHECK(command.argv == std::vector<std::string>{"old", "", pin, pin, "--with-new-pkgs", "upgrade"});
  }
}

TEST_CASE("a package is held back when both sides changed its configuration") {
  FakeServer server;
  fine_server(server);
  server.expect(packages_look()).reply(recorded("packages_fine.txt")).reply(packages_without("demo-conffile"))
      .reply(packages_without("demo-conffile"));
  server.expect(exactly("conffiles", conffile_script()).as("root"))
      .reply("@@maintain begin download\n\n@@maintain end 0\n@@maintain begin conflicts\n"
             "demo-conffile\t/etc/demo-conffile.conf\n\n@@maintain end 0\n");
  server.expect_job("upgrade", fine_job());
  upgrade(server, Json::parse(R"({"conffile_rules": [{"package": "demo-conffile", "policy": "hold-back"}]})"));
  REQUIRE(server.find("apt.conffile_blocked") != nullptr);
  CHECK(server.find("apt.conffile_blocked")->detail.find("/etc/demo-conffile.conf") != std::string::npos);
}

TEST_CASE("only listed services are restarted") {
  FakeServer server;
  run_fine_upgrade(server);
  std::string effects = recorded("effects_fine.txt");
  effects.replace(effects.find("begin stale\n") + 12, 0,
                  "/system.slice/web.service\tweb\t/usr/lib/libssl.so.3\n"
                  "/system.slice/db.service\tdb\t/usr/lib/libssl.so.3\n");
  server.stub(effects_look(), {.output = effects});
  SECTION("and the others told") {
    server.expect(argv({"systemctl", "restart", "--", "web.service"}).as("root")).reply("");
    CHECK(upgrade(server, {{"restart_services", {"w*.service"}}}).outcome == Outcome::changed);
    REQUIRE(server.find("apt.stale_services") != nullptr);
    CHECK(server.find("apt.stale_services")->title == "still running with files from before an upgrade: db.service");
  }
  SECTION("one that does not come back is critical") {
    server.expect(argv({"systemctl", "restart", "--", "web.service"}))
        .reply(Reply::exits(1, "Job for web.service failed.\n"));
    server.expect(argv({"journalctl"})).reply("web: no\n");
    CHECK(upgrade(server, {{"restart_services", {"web.service"}}}).outcome == Outcome::failed);
    CHECK(server.find("apt.restart_failed", "web.service") != nullptr);
  }
}

TEST_CASE("a service that takes a while to come back is no finding") {
  FakeServer server;
  run_fine_upgrade(server);
  std::string starting = snapshot("before");
  const std::size_t at = starting.find("Id=demo-service.service");
  const std::size_t active = starting.find("ActiveState=active\nSubState=running", at);
  REQUIRE(active != std::string::npos);
  starting.replace(active, 35, "ActiveState=activating\nSubState=start");
  server.expect(snapshot_look()).reply(snapshot("before")).reply(starting).reply(starting).reply(snapshot("before"));
  CHECK(upgrade(server).outcome == Outcome::changed);
  CHECK_FALSE(worth_a_mail(server));
}

TEST_CASE("a dry run only looks") {
  FakeServer server;
  fine_server(server);
  server.expect(packages_look()).reply(recorded("packages_fine.txt"));
  UpgradeTask task;
  const auto run = run_task(task, server, {.check = true});
  CHECK(run.outcome == Outcome::ok);
  CHECK(server.summary.starts_with("would change 5 packages: demo-conffile, demo-newdep-library, demo-newdep, "
                                   "demo-plain, demo-security, by package lists from"));
  CHECK(server.output.find("demo-security 1.0 -> 2.0\n") != std::string::npos);
  CHECK(server.refused.empty());
  for (const SeenCommand& command : server.commands) CHECK(command.read_only);
}

TEST_CASE("a server that does not let us become root is an error, not an empty list") {
  FakeServer server;
  server.stub(anything(), {.status = 1, .error_output = "sudo: a password is required\n"});
  const auto run = upgrade(server);
  CHECK(run.status == MAINTAIN_FAILED);
  CHECK(run.message.find("sudo: a password is required") != std::string::npos);
}

TEST_CASE("options that the schema cannot check") {
  UpgradeTask task;
  CHECK_FALSE(validate_options(task, Json::object()));
  const auto problem = validate_options(task, Json::parse(R"({"limits": {"others": {}}})"));
  REQUIRE(problem);
  CHECK(problem->starts_with("/limits/others: "));
}
