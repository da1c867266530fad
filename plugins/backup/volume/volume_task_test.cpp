#include <catch2/catch.hpp>

#include "backup/volume/volume_testing.hpp"

using namespace maintain::plugins::backup;
using namespace maintain::sdk;
using namespace maintain::sdk::testkit;

TEST_CASE("plugin_backup: volumes become one copy") {
  VolumeScene scene;
  scene.runtime.volumes = {{"data", nullptr}, {"more", nullptr}};
  scene.options.options = {{"volumes", {"data", "more"}}, {"layout", "legacy"}};
  REQUIRE(scene.run().outcome == Outcome::ok);
  REQUIRE(scene.server.store.copies.size() == 1);
  const FakeCopy& copy = scene.server.store.copies[0];
  CHECK(copy.source == "docker volumes: data, more");
  CHECK(copy.engine == "docker_volume");
  CHECK(copy.state == "verified");
  CHECK(copy.files == 2);
  CHECK(copy.facts["links"] == Json{{"data", "data"}, {"more", "more"}});
  CHECK(scene.details()["consistency"] == "stopped");
  CHECK(scene.details()["runtime_version"] == "20.10.24+dfsg1");
  for (const SeenCommand& command : scene.server.commands)
    if (!command.local) CHECK(command.become_user == "root");
}

TEST_CASE("plugin_backup: root needs not become root for volumes") {
  VolumeScene scene;
  scene.server.facts.user = "root";
  REQUIRE(scene.run().outcome == Outcome::ok);
  for (const SeenCommand& command : scene.server.commands) CHECK(command.become_user.empty());
}

TEST_CASE("plugin_backup: a volume in use is copied as after a power failure unless asked otherwise") {
  VolumeScene scene;
  scene.runtime.containers = {{.id = "a", .name = "web"}};
  REQUIRE(scene.run().outcome == Outcome::ok);
  CHECK(scene.details()["consistency"] == "crash");
  CHECK(scene.runtime.orders.empty());
  CHECK(scene.server.checkpoints.empty());
}

TEST_CASE("plugin_backup: volumes chosen by a label") {
  VolumeScene scene;
  scene.runtime.volumes = {{"more", nullptr}, {"data", nullptr}};
  scene.options.options = {{"label", "backup=yes"}};
  SECTION("that some have") {
    REQUIRE(scene.run().outcome == Outcome::ok);
    CHECK(scene.server.store.copies.at(0).source == "docker volumes: data, more");
  }
  SECTION("that none has") {
    scene.runtime.label = "backup=no";
    const TaskRun run = scene.run();
    CHECK(run.status == MAINTAIN_FAILED);
    CHECK_THAT(run.message, Catch::Contains("no volume") && Catch::Contains("the label backup=yes"));
    CHECK(scene.server.store.copies.empty());
  }
}

TEST_CASE("plugin_backup: volumes that cannot be copied are named, and nothing is") {
  VolumeScene scene;
  std::string part;
  SECTION("not there") {
    scene.options.options["volumes"] = {"data", "nope"};
    part = "has no volume nope";
  }
  SECTION("of another driver") {
    scene.runtime.volumes["data"] = "rclone";
    part = "driver rclone";
  }
  SECTION("a mount that is not there now") {
    scene.runtime.volumes["data"] = {{"type", "nfs"}, {"device", ":/export"}};
    scene.server.expect(argv({"mountpoint", "-q"}).as("root")).reply(Reply::exits(32));
    part = "is not mounted at /var/lib/docker/volumes/data/_data";
  }
  SECTION("a mount that stopping its containers would take away") {
    scene.runtime.volumes["data"] = {{"type", "nfs"}, {"device", ":/export"}};
    scene.runtime.containers = {{.id = "a", .name = "web"}};
    scene.options.options["quiesce"] = "stop";
    scene.server.expect(argv({"mountpoint", "-q"})).reply("");
    part = "use quiesce: pause";
  }
  const TaskRun run = scene.run();
  CHECK(run.status == MAINTAIN_FAILED);
  CHECK_THAT(run.message, Catch::Contains(part));
  CHECK(scene.server.store.copies.empty());
  CHECK(scene.runtime.orders.empty());
}

TEST_CASE("plugin_backup: which program looks after the volumes") {
  VolumeScene scene;
  scene.runtime.containers = {{.id = "a", .name = "web"}};
  SECTION("podman, where there is no docker") {
    scene.runtime.program = "podman";
    REQUIRE(scene.run().outcome == Outcome::ok);
    CHECK(scene.server.store.copies.at(0).engine == "podman_volume");
    CHECK(scene.server.store.copies.at(0).source == "podman volumes: data");
  }
  SECTION("neither") {
    scene.runtime.program = "none";
    const TaskRun run = scene.run();
    CHECK(run.status == MAINTAIN_FAILED);
    CHECK_THAT(run.message, Catch::Contains("neither docker nor podman") &&
                                Catch::Contains("docker: sudo: docker: command not found"));
  }
  SECTION("not the one that is asked for") {
    scene.options.options["runtime"] = "podman";
    CHECK_THAT(scene.run().message, Catch::Contains("podman does not work") && !Catch::Contains("docker:"));
  }
}

TEST_CASE("plugin_backup: a docker that answers nonsense") {
  VolumeScene scene;
  const std::string id = FakeRuntime::whole("a");
  SECTION("of volumes") { scene.server.stub(argv({"docker", "volume", "inspect"}), {.output = "[{\"Name\": []}]"}); }
  SECTION("of its daemon") {
    scene.server.stub(argv({"docker", "volume", "inspect"}), {.status = 1, .output = "[]\n",
                                                              .error_output = "Cannot connect to the Docker daemon\n"});
  }
  SECTION("of containers") { scene.server.stub(argv({"docker", "ps"}), {.output = "--all\n"}); }
  SECTION("of their state") {
    scene.server.stub(argv({"docker", "ps"}), {.output = id + "\n"});
    scene.server.stub(argv({"docker", "container"}), {.output = "[{\"Id\": \"" + id + "\", \"State\": 1}]"});
  }
  CHECK(scene.run().status == MAINTAIN_FAILED);
  CHECK(scene.server.store.copies.empty());
}

TEST_CASE("plugin_backup: a dry run of volumes names the containers, and changes nothing") {
  VolumeScene scene;
  scene.options.check = true;
  scene.runtime.containers = {{.id = "a", .name = "web"}, {.id = "b", .name = "old", .status = "exited"}};
  scene.options.options["quiesce"] = "pause";
  scene.server.stub_local(argv({"rsync", "-aHAX"}), {.output = stats_of(3)});
  CHECK(scene.run().outcome == Outcome::ok);
  CHECK_THAT(scene.server.summary, Catch::Contains("docker volumes: data") && Catch::Contains("3 files") &&
                                       Catch::Contains("meanwhile web would be paused"));
  CHECK(scene.server.refused.empty());
  CHECK(scene.runtime.orders.empty());
}

TEST_CASE("plugin_backup: options of volumes that cannot be meant") {
  VolumeTask task;
  const auto problem = [&](const Json& options) { return validate_options(task, options).value_or(""); };
  CHECK(problem({{"volumes", "data"}}).empty());
  CHECK(problem({{"label", "backup"}, {"quiesce_limit", "30s"}}).empty());
  CHECK_THAT(problem(Json::object()), Catch::Contains("volumes or label"));
  CHECK_THAT(problem({{"volumes", "a"}, {"label", "b"}}), Catch::Contains("/label"));
  CHECK_THAT(problem({{"volumes", {"a", "b", "a"}}}), Catch::Contains("/volumes/2"));
  CHECK_THAT(problem({{"volumes", "a"}, {"quiesce_limit", "5s"}}), Catch::Contains("/quiesce_limit"));
  CHECK_THAT(problem({{"volumes", "a"}, {"quiesce_limit", "soon"}}), Catch::Contains("/quiesce_limit"));
}
