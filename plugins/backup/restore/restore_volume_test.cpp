#include "backup/restore/restore_volume.hpp"

#include <catch2/catch.hpp>

#include "backup/restore/restore_task.hpp"
#include "backup/volume/volume_testing.hpp"

using namespace maintain::plugins::backup;
using namespace maintain::sdk;
using namespace maintain::sdk::testkit;
using Catch::Contains;

namespace {

// web1 with docker, and a copy of its volumes.
struct Scene : VolumeScene {
  std::string state = "empty\n";  // of the target

  explicit Scene(std::map<std::string, std::string> files = {{"data/f", "f"}}, Json volumes = {"data"}) {
    FakeCopy made;
    made.time = server.now();
    made.engine = "docker_volume";
    made.bytes = 2048;
    made.files = 1;
    made.facts = {{"details", {{"volumes", volumes}, {"runtime", "docker"}}}};
    made.content = std::move(files);
    server.store.add(made);
    server.stub(script("mkdir -p"), [this](const SeenCommand&) { return Reply{.output = state}; });
    server.stub(script("stat -f"), [this](const SeenCommand&) {
      return Reply{.output = state + "writable\n100 4096\ntaken\n"};
    });
    server.stub_local(word("--fake-super"), Reply{.output = stats_of(1)});
  }
  TaskRun restore(const std::string& to, Json more = Json::object(), bool check = false) {
    Json given = {{"to", to}};
    given.update(more);
    RestoreTask task;
    return run_task(task, server, {.options = given, .check = check, .lenient = true});
  }
  const SeenCommand* pushed() const {
    for (const SeenCommand& command : server.commands)
      if (command.local && word("--fake-super").matches(command)) return &command;
    return nullptr;
  }
};

}  // namespace

TEST_CASE("backup: a volume is put back into one that is there and empty") {
  Scene scene;
  scene.runtime.containers = {{.id = "a", .name = "db", .status = "exited"}};
  const TaskRun run = scene.restore("web1:volume:data");
  CHECK(run.message == "");
  CHECK(run.outcome == Outcome::changed);
  REQUIRE(scene.pushed() != nullptr);
  const auto& argv = scene.pushed()->argv;
  CHECK(argv.back() == "fake-server:/var/lib/docker/volumes/data/_data/");
  CHECK(argv.at(argv.size() - 2).ends_with("/data/"));
  CHECK_FALSE(word("--delete").matches(*scene.pushed()));
  CHECK(word("--rsync-path=sudo -n rsync").matches(*scene.pushed()));
  CHECK(scene.runtime.orders.empty());
  CHECK_THAT(scene.server.summary, Contains("to the volume data on web1"));
}

TEST_CASE("backup: a volume that is not there is made") {
  Scene scene;
  scene.runtime.volumes.clear();
  CHECK(scene.restore("volume:new").outcome == Outcome::changed);
  CHECK(scene.runtime.orders == std::vector<std::string>{"create new"});
  CHECK(scene.pushed()->argv.back() == "fake-server:/var/lib/docker/volumes/new/_data/");
  CHECK_THAT(scene.server.summary, Contains("the volume was made, by docker"));
}

TEST_CASE("backup: a volume that is not empty is lost with replace only, and then wholly") {
  Scene scene;
  scene.state = "full\n";
  CHECK_THAT(scene.restore("volume:data").message, Contains("the volume data on web1 is not empty"));
  CHECK(scene.pushed() == nullptr);
  CHECK(scene.restore("volume:data", {{"replace", true}}).outcome == Outcome::changed);
  REQUIRE(scene.pushed() != nullptr);
  CHECK(word("--delete").matches(*scene.pushed()));
}

TEST_CASE("backup: nothing is put under containers that use the volume, replace or not") {
  Scene scene;
  const std::string status = GENERATE("running", "paused", "restarting");
  scene.runtime.containers = {{.id = "a", .name = "db", .status = status},
                              {.id = "b", .name = "old", .status = "exited"},
                              {.id = "c", .name = "web", .volume = "other"}};
  for (const bool replace : {false, true}) {
    const TaskRun run = scene.restore("volume:data", {{"replace", replace}});
    CHECK(run.status == MAINTAIN_REFUSED);
    CHECK_THAT(run.message, Contains("in use by db on web1: stop"));
  }
  CHECK(scene.runtime.orders.empty());
  CHECK(scene.pushed() == nullptr);
}

TEST_CASE("backup: a container that begins to use the volume meanwhile is told") {
  Scene scene;
  scene.runtime.containers = {{.id = "a", .name = "db", .status = "exited"}};
  scene.server.expect_local(word("--fake-super")).reply({.output = stats_of(1), .then = [&](FakeServer&) {
                                                           scene.runtime.containers[0].status = "running";
                                                         }});
  CHECK(scene.restore("volume:data").outcome == Outcome::failed);
  REQUIRE(scene.server.find("backup.not_restored") != nullptr);
  CHECK_THAT(scene.server.find("backup.not_restored")->title, Contains("db began to use the volume"));
}

TEST_CASE("backup: of several volumes one is chosen by its name, or by --volume") {
  Scene scene({{"data/f", "f"}, {"more/g", "g"}}, {"data", "more"});
  scene.runtime.volumes = {{"data", nullptr}, {"more", nullptr}, {"third", nullptr}};
  const auto source = [&](const std::string& to, Json more = Json::object()) {
    scene.server.commands.clear();
    CHECK(scene.restore(to, more).message == "");
    REQUIRE(scene.pushed() != nullptr);
    return scene.pushed()->argv.at(scene.pushed()->argv.size() - 2);
  };
  CHECK_THAT(source("volume:more"), Catch::EndsWith("/more/"));
  CHECK_THAT(source("volume:third", {{"volume", "data"}}), Catch::EndsWith("/data/"));
  CHECK_THAT(scene.restore("volume:third").message, Contains("say with --volume which: data, more"));
  CHECK_THAT(scene.restore("volume:more", {{"volume", "x"}}).message, Contains("no volume x, only: data, more"));
}

TEST_CASE("backup: a dry run tells of the volume and who uses it, and changes nothing") {
  Scene scene;
  scene.state = "full\n";
  scene.runtime.containers = {{.id = "a", .name = "db"}};
  CHECK(scene.restore("volume:data", {{"replace", true}}, true).outcome == Outcome::ok);
  CHECK(scene.server.summary == "would not restore the copy 20261122T120000Z (docker_volume, 2.0 KiB) to the volume "
                                "data on web1, which is not empty: what is in it would go; 400.0 KiB are free there");
  REQUIRE(scene.server.findings.size() == 1);
  CHECK_THAT(scene.server.findings[0].title, Contains("in use by db"));
  scene.server.findings.clear();
  CHECK(scene.restore("volume:new", Json::object(), true).outcome == Outcome::ok);
  CHECK_THAT(scene.server.summary, Contains("the volume new on web1, which is not there and would be made by docker"));
  CHECK(scene.server.findings.empty());
  CHECK(scene.runtime.orders.empty());
  CHECK(scene.pushed() == nullptr);
}

TEST_CASE("backup: what is no copy of volumes goes into no volume") {
  FakeServer server;
  FakeCopy made;
  made.engine = GENERATE("directory", "postgresql");
  made.content = {{"orders.dump", "PGDMP"}};
  server.store.add(made);
  RestoreTask task;
  const TaskRun run = run_task(task, server, {.options = {{"to", "volume:x"}}, .lenient = true});
  CHECK(run.status == MAINTAIN_FAILED);
  CHECK_THAT(run.message, Contains("holds no volume") || Contains("is one of databases"));
}

TEST_CASE("backup: the runtime is the task's, else the one that the copy was made with") {
  OpenCopy copy;
  CHECK(runtime_of(copy, Json::object()) == "auto");
  copy.manifest = {{"details", {{"runtime", "podman"}}}};
  CHECK(runtime_of(copy, {{"runtime", "auto"}}) == "podman");
  CHECK(runtime_of(copy, {{"runtime", "docker"}}) == "docker");
  copy.manifest = {{"details", {{"runtime", "rm -rf"}}}};
  CHECK(runtime_of(copy, Json::object()) == "auto");
}
