// Containers that are kept still for a copy, and all that can happen to them.
#include <catch2/catch.hpp>

#include "backup/volume/volume_testing.hpp"

using namespace maintain::plugins::backup;
using namespace maintain::sdk;
using namespace maintain::sdk::testkit;
using namespace std::chrono_literals;

namespace {

// "web" uses the volume and is paused for the copy.
struct PauseScene : VolumeScene {
  Moment start = server.now();

  explicit PauseScene(const std::string& quiesce = "pause") {
    runtime.containers = {{.id = "a", .name = "web"}};
    options.options["quiesce"] = quiesce;
  }
  std::string status() const { return runtime.containers.at(0).status; }
  // The second copy, while web is still.
  void then_while_still(Reply reply) {
    server.expect_local(rsync("data")).reply(copies("data")).reply(std::move(reply));
  }
  void then_while_still(std::function<void(FakeServer&)> event, Milliseconds takes = 3s) {
    Reply reply = copies("data", takes);
    reply.then = [event = std::move(event), copy = reply.then](FakeServer& fake) {
      copy(fake);
      event(fake);
    };
    then_while_still(std::move(reply));
  }
};

// As a run leaves it that is killed while web is paused.
Json left_behind(Moment since) {
  return {{"quiesced",
           {{"runtime", "docker"},
            {"how", "pause"},
            {"containers", Json::array({{{"id", FakeRuntime::whole("a")}, {"name", "web"},
                                         {"started_at", "2026-11-20T08:00:00Z"}}})},
            {"since", since.time_since_epoch().count()},
            {"limit_ms", 600000}}}};
}

}  // namespace

TEST_CASE("plugin_backup: those that run are paused for the second copy only, and come back") {
  PauseScene scene;
  scene.runtime.containers = {{.id = "a", .name = "web", .started_at = "2026-11-20T08:00:02Z"},
                              {.id = "b", .name = "db", .started_at = "2026-11-20T08:00:01Z"},
                              {.id = "c", .name = "off", .status = "exited"},
                              {.id = "d", .name = "frozen", .status = "paused"},
                              {.id = "e", .name = "looping", .status = "restarting"},
                              {.id = "f", .name = "stranger", .volume = "other"}};
  scene.expect_timer();
  scene.server.expect_local(VolumeScene::rsync("data"))
      .reply(VolumeScene::copies("data", 1h))
      .reply(VolumeScene::copies("data", 4s));
  REQUIRE(scene.run().outcome == Outcome::ok);
  CHECK(scene.runtime.orders == std::vector<std::string>{"pause ba", "unpause ba"});
  CHECK(scene.runtime.containers[3].status == "paused");
  CHECK(scene.details()["consistency"] == "paused");
  CHECK(scene.server.metrics["backup_outage"] == 4.0);
  CHECK(scene.details()["outage_seconds"] == 4.0);
  CHECK_THAT(scene.server.summary, Catch::Contains("; web, db paused for 4s"));
  CHECK(scene.server.findings.empty());
  CHECK(scene.is_timer_gone());
  CHECK(scene.server.state == Json::object());
  // What is kept still was on the disk, and the timer set, before anything was touched.
  REQUIRE(scene.server.checkpoints.size() == 2);
  CHECK(scene.server.checkpoints[0]["quiesced"]["containers"].size() == 2);
  const auto timer = std::find_if(scene.server.commands.begin(), scene.server.commands.end(),
                                  [](const SeenCommand& command) { return command.job == "release"; });
  const auto pause = std::find_if(scene.server.commands.begin(), scene.server.commands.end(),
                                  argv({"docker", "pause"}).matches);
  CHECK(timer < pause);
  CHECK(timer->argv == std::vector<std::string>{"600", "docker", "unpause", FakeRuntime::whole("b"),
                                                FakeRuntime::whole("a")});
}

TEST_CASE("plugin_backup: containers are stopped and started") {
  PauseScene scene("stop");
  scene.expect_timer();
  SECTION("of docker") {}
  SECTION("of podman") { scene.runtime.program = "podman"; }
  REQUIRE(scene.run().outcome == Outcome::ok);
  CHECK(scene.runtime.orders == std::vector<std::string>{"stop a", "start a"});
  CHECK(scene.status() == "running");
  CHECK(scene.details()["consistency"] == "stopped");
  CHECK(scene.server.findings.empty());
}

TEST_CASE("plugin_backup: podman's containers are paused") {
  PauseScene scene;
  scene.runtime.program = "podman";
  scene.expect_timer();
  REQUIRE(scene.run().outcome == Outcome::ok);
  CHECK(scene.runtime.orders == std::vector<std::string>{"pause a", "unpause a"});
  CHECK(scene.details()["consistency"] == "paused");
}

TEST_CASE("plugin_backup: without a container that runs, nothing is paused") {
  PauseScene scene;
  scene.runtime.containers[0].status = "exited";
  REQUIRE(scene.run().outcome == Outcome::ok);
  CHECK(scene.runtime.orders.empty());
  CHECK(scene.details()["consistency"] == "stopped");
}

TEST_CASE("plugin_backup: without its timer on the server, nothing is paused") {
  PauseScene scene;
  SECTION("it cannot be started") { scene.server.without("maintain.job/1"); }
  SECTION("it does not stay") { scene.server.expect_job("release", {.status = 127}); }
  const TaskRun run = scene.run();
  CHECK(run.status == MAINTAIN_FAILED);
  CHECK_THAT(run.message, Catch::Contains("nothing was paused"));
  CHECK(scene.runtime.orders.empty());
  CHECK(scene.server.store.copies.empty());
  CHECK(scene.server.state == Json::object());
}

TEST_CASE("plugin_backup: a container that would be removed is not stopped") {
  PauseScene scene("stop");
  scene.runtime.containers[0].removed_when_stopped = true;
  CHECK_THAT(scene.run().message, Catch::Contains("web would be removed"));
  CHECK(scene.runtime.orders.empty());
  CHECK(scene.server.checkpoints.empty());
}

TEST_CASE("plugin_backup: a container that cannot be paused") {
  PauseScene scene;
  scene.runtime.containers.push_back({.id = "b", .name = "db"});
  scene.runtime.useless = {"pause"};
  scene.runtime.instead["pause"] = Reply::exits(1, "Error response from daemon: Cannot pause container: cgroup\n");
  scene.expect_timer();
  const TaskRun run = scene.run();
  CHECK(run.status == MAINTAIN_FAILED);
  CHECK_THAT(run.message, Catch::Contains("web, db could not be paused") && Catch::Contains("cgroup"));
  CHECK(scene.is_timer_gone());
  CHECK(scene.server.state == Json::object());
}

TEST_CASE("plugin_backup: a copy that fails brings the containers back") {
  PauseScene scene;
  scene.expect_timer();
  scene.then_while_still(Reply::exits(11, "rsync: write failed on \"x\": No space left on device (28)\n"));
  CHECK(scene.run().status == MAINTAIN_FAILED);
  CHECK(scene.status() == "running");
  CHECK(scene.is_timer_gone());
  CHECK(scene.server.state == Json::object());
  CHECK(scene.server.store.copies.empty());
}

TEST_CASE("plugin_backup: a container that dies while it is paused") {
  PauseScene scene;
  scene.expect_timer();
  std::string part;
  std::string consistency = "paused";
  SECTION("and stays so") {
    scene.then_while_still([&](FakeServer&) {
      scene.runtime.containers[0].status = "exited";
      scene.runtime.containers[0].exit_code = 137;
    });
    part = "web exited with status 137";
  }
  SECTION("and is removed") {
    scene.then_while_still([&](FakeServer&) { scene.runtime.containers.clear(); });
    part = "web was removed";
  }
  SECTION("and is started by its restart policy") {
    scene.then_while_still([&](FakeServer&) {
      scene.runtime.containers[0].status = "running";
      scene.runtime.containers[0].started_at = "2026-11-22T13:00:00Z";
    });
    part = "restart policy";
    consistency = "crash";
  }
  CHECK(scene.run().outcome == Outcome::ok);
  const Finding* finding = scene.server.find("backup.container_died", "web");
  REQUIRE(finding != nullptr);
  CHECK(finding->state == State::warning);
  CHECK_THAT(finding->title, Catch::Contains(part));
  CHECK(scene.runtime.orders == std::vector<std::string>{"pause a"});  // not ours to start
  CHECK(scene.details()["consistency"] == consistency);
  CHECK(scene.is_timer_gone());
}

TEST_CASE("plugin_backup: a container that somebody lets run during the copy") {
  PauseScene scene;
  scene.expect_timer();
  scene.then_while_still([&](FakeServer&) { scene.release_all(); });
  CHECK(scene.run().outcome == Outcome::ok);
  CHECK(scene.server.find("backup.not_quiesced") != nullptr);
  CHECK(scene.details()["consistency"] == "crash");
}

TEST_CASE("plugin_backup: another container that is started during the copy") {
  PauseScene scene;
  scene.expect_timer();
  scene.then_while_still([&](FakeServer&) { scene.runtime.containers.push_back({.id = "b", .name = "new"}); });
  CHECK(scene.run().outcome == Outcome::ok);
  CHECK(scene.runtime.orders == std::vector<std::string>{"pause a", "unpause a"});
  CHECK(scene.details()["consistency"] == "crash");
}

TEST_CASE("plugin_backup: a copy that takes longer than quiesce_limit") {
  PauseScene scene;
  scene.options.options["quiesce_limit"] = "1m";
  scene.expect_timer(1min);
  scene.server.at(1min, [&](FakeServer&) { scene.release_all(); });
  scene.then_while_still([](FakeServer&) {}, 5min);
  CHECK(scene.run().outcome == Outcome::ok);
  const Finding* finding = scene.server.find("backup.outage");
  REQUIRE(finding != nullptr);
  CHECK_THAT(finding->title, Catch::Contains("web: paused for a backup for longer than 1m"));
  CHECK_THAT(finding->detail, Catch::Contains("timer"));
  CHECK(scene.server.metrics["backup_outage"] == 60.0);
  CHECK(scene.details()["consistency"] == "crash");
  CHECK(scene.runtime.orders == std::vector<std::string>{"pause a"});
  CHECK(scene.is_timer_gone());
}

TEST_CASE("plugin_backup: the timer acts before the task's own time is over") {
  PauseScene scene;
  scene.options.deadline = scene.server.now() + 5min;
  scene.expect_timer();
  REQUIRE(scene.run().outcome == Outcome::ok);
  CHECK(scene.server.checkpoints.at(0)["quiesced"]["limit_ms"] == 270000);
}

TEST_CASE("plugin_backup: a connection that is lost while containers are paused") {
  PauseScene scene;
  scene.expect_timer();
  SECTION("and comes back") {
    scene.runtime.instead["unpause"] = Reply::fails(MAINTAIN_CONNECTION_LOST, "cut");
    CHECK(scene.run().outcome == Outcome::ok);
    CHECK(scene.server.reconnects == 1);
    CHECK(scene.status() == "running");
    CHECK(scene.is_timer_gone());
    CHECK(scene.server.state == Json::object());
  }
  SECTION("and does not: the timer on the server and the next run see to it") {
    scene.then_while_still([](FakeServer& fake) {
      fake.stub(argv({"docker"}), Reply::fails(MAINTAIN_UNREACHABLE, "no route to host"));
      for (int i = 0; i < 10; ++i) fake.on_reconnect({.takes = 2min});
    });
    const TaskRun run = scene.run();
    CHECK(run.status == MAINTAIN_UNREACHABLE);
    const Finding* finding = scene.server.find("backup.containers_down", "web");
    REQUIRE(finding != nullptr);
    CHECK(finding->state == State::critical);
    CHECK_THAT(finding->detail, Catch::Contains("no route to host") && Catch::Contains("at the latest 10m after"));
    CHECK(finding->action == "on web1: docker unpause web");
    CHECK(scene.server.state.contains("quiesced"));
    CHECK(scene.server.jobs.contains("release"));
    CHECK(scene.server.collected_jobs.empty());
  }
  SECTION("with the order to pause on the way") {
    scene.runtime.instead["pause"] = Reply::fails(MAINTAIN_CONNECTION_LOST, "cut");
    const TaskRun run = scene.run();
    CHECK(run.status == MAINTAIN_CONNECTION_LOST);
    CHECK(scene.status() == "running");
    CHECK(scene.server.state == Json::object());
    CHECK(scene.is_timer_gone());
  }
}

TEST_CASE("plugin_backup: a run that is stopped while containers are paused lets them run at once") {
  PauseScene scene;
  scene.expect_timer();
  scene.then_while_still(VolumeScene::copies("data", 5min));
  scene.server.cancel_at(1min);
  SECTION("and all goes well") {}
  SECTION("though the connection breaks") {
    scene.runtime.instead["unpause"] = Reply::fails(MAINTAIN_CONNECTION_LOST, "cut");
  }
  SECTION("though the runtime refuses at first") {
    scene.runtime.instead["unpause"] = {.status = 1, .then = [&](FakeServer&) {
                                          scene.runtime.containers[0].status = "paused";
                                        }};
  }
  CHECK(scene.run().status == MAINTAIN_CANCELLED);
  CHECK(scene.status() == "running");
  CHECK(scene.server.find("backup.containers_down") == nullptr);
  CHECK(scene.server.metrics["backup_outage"] == 60.0);
  CHECK(scene.server.store.copies.empty());
  // What a cancelled task cannot remove any more does no harm: the next run does.
  CHECK(scene.server.state.contains("quiesced"));
  CHECK(scene.server.jobs.contains("release"));
}

TEST_CASE("plugin_backup: a run that is stopped while an order to pause is on its way") {
  PauseScene scene;
  scene.expect_timer();
  scene.runtime.instead["pause"] = Reply{.takes = 5min};
  scene.server.cancel_at(1min);
  CHECK(scene.run().status == MAINTAIN_CANCELLED);
  CHECK(scene.status() == "running");
  CHECK(scene.server.state.contains("quiesced"));  // it may still be obeyed: the timer and the next run see to that
  CHECK(scene.server.jobs.contains("release"));
}

TEST_CASE("plugin_backup: the task's time is up while containers are paused") {
  PauseScene scene;
  scene.options.deadline = scene.server.now() + 5min;
  scene.expect_timer(1h);  // one that does not do its work
  scene.then_while_still(VolumeScene::copies("data", 1h));
  CHECK(scene.run().status == MAINTAIN_TIMEOUT);
  CHECK(scene.runtime.orders == std::vector<std::string>{"pause a", "unpause a"});
  CHECK(scene.status() == "running");
}

TEST_CASE("plugin_backup: a run that is stopped, and the server does not answer: the timer sees to it") {
  PauseScene scene;
  scene.expect_timer();
  scene.then_while_still(VolumeScene::copies("data", 5min));
  scene.server.at(1min, [](FakeServer& fake) {
    fake.stub(argv({"docker"}), Reply{.takes = 4s, .failure = MAINTAIN_UNREACHABLE, .message = "no route to host"});
  });
  scene.server.cancel_at(1min);
  CHECK(scene.run().status == MAINTAIN_CANCELLED);
  CHECK(scene.server.now() == scene.start + 1min + 10s);
  CHECK(scene.server.find("backup.containers_down", "web") != nullptr);
  CHECK(scene.server.state.contains("quiesced"));
  CHECK(scene.server.jobs.contains("release"));
}

TEST_CASE("plugin_backup: a container that does not start again") {
  PauseScene scene("stop");
  scene.expect_timer();
  scene.runtime.useless = {"start"};
  scene.runtime.instead["start"] = Reply::exits(1, "Error: port is already allocated\n");
  const TaskRun run = scene.run();
  CHECK(run.status == MAINTAIN_FAILED);
  CHECK(scene.server.find("backup.containers_down", "web") != nullptr);
  CHECK(scene.server.state.contains("quiesced"));
}

TEST_CASE("plugin_backup: what a killed run has left paused comes back first") {
  PauseScene scene;
  scene.runtime.containers[0].status = "paused";
  scene.server.state = left_behind(scene.server.now() - 3min);
  scene.server.jobs["release"] = {.takes = 7min};
  scene.options.reattach = true;
  scene.options.options["quiesce"] = "none";
  REQUIRE(scene.run().outcome == Outcome::ok);
  CHECK(scene.runtime.orders == std::vector<std::string>{"unpause a"});
  const Finding* finding = scene.server.find("backup.interrupted", "web");
  REQUIRE(finding != nullptr);
  CHECK_THAT(finding->title, Catch::Contains("stayed paused for 3m"));
  CHECK(scene.server.store.copies.size() == 1);  // then it goes on
  CHECK(scene.server.state == Json::object());
  CHECK(scene.is_timer_gone());
}

TEST_CASE("plugin_backup: what a killed run has left was brought back by the timer") {
  PauseScene scene;
  scene.server.state = left_behind(scene.server.now() - 1h);
  scene.options.options["quiesce"] = "none";
  SECTION("as the timer says") {
    scene.server.jobs["release"] = {.phase = JobPhase::finished, .output = FakeRuntime::whole("a") + " runs again\n"};
    REQUIRE(scene.run().outcome == Outcome::ok);
    const Finding* finding = scene.server.find("backup.interrupted", "web");
    REQUIRE(finding != nullptr);
    CHECK_THAT(finding->title, Catch::Contains("by the timer on the server after 10m"));
    CHECK(scene.is_timer_gone());
  }
  SECTION("and what it did then is its own business") {
    scene.server.jobs["release"] = {.phase = JobPhase::finished, .output = FakeRuntime::whole("a") + " runs again\n"};
    scene.server.state["quiesced"]["how"] = "stop";
    scene.runtime.containers[0].status = "exited";
    REQUIRE(scene.run().outcome == Outcome::ok);
    CHECK(scene.server.find("backup.container_died") == nullptr);
  }
  SECTION("or it was never paused") {
    REQUIRE(scene.run().outcome == Outcome::ok);
    CHECK(scene.server.findings.empty());
  }
  SECTION("or has ended since") {
    scene.runtime.containers[0].status = "exited";
    REQUIRE(scene.run().outcome == Outcome::ok);
    CHECK(scene.server.find("backup.container_died", "web") != nullptr);
  }
  CHECK(scene.runtime.orders.empty());
  CHECK(scene.server.state == Json::object());
}

TEST_CASE("plugin_backup: what a killed run has left, and the server does not answer") {
  PauseScene scene;
  scene.runtime.containers[0].status = "paused";
  scene.server.state = left_behind(scene.server.now() - 3min);
  scene.server.stub(argv({"docker"}), Reply::exits(1, "Cannot connect to the Docker daemon\n"));
  CHECK(scene.run().status == MAINTAIN_FAILED);
  CHECK(scene.server.find("backup.containers_down", "web") != nullptr);
  CHECK(scene.server.state.contains("quiesced"));
}

TEST_CASE("plugin_backup: a timer that made the task due, and is no more") {
  PauseScene scene;
  scene.options.reattach = true;
  CHECK(scene.run().outcome == Outcome::skipped);
  CHECK(scene.server.store.copies.empty());
}

TEST_CASE("plugin_backup: a timer whose containers nobody remembers is waited for") {
  PauseScene scene;
  scene.options.reattach = true;
  scene.options.options["quiesce"] = "none";
  scene.server.jobs["release"] = {.takes = 2min};
  CHECK(scene.run().outcome == Outcome::ok);
  CHECK(scene.is_timer_gone());
}

TEST_CASE("plugin_backup: a dry run leaves to the next run what a killed one has left") {
  PauseScene scene;
  scene.options.check = true;
  scene.runtime.containers[0].status = "paused";
  scene.server.state = left_behind(scene.server.now() - 3min);
  scene.server.stub_local(argv({"rsync", "-aHAX"}), {.output = stats_of(3)});
  CHECK(scene.run().outcome == Outcome::ok);
  CHECK(scene.runtime.orders.empty());
  CHECK(scene.server.refused.empty());
  CHECK(scene.server.state.contains("quiesced"));
}
