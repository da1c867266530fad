#include <catch2/catch.hpp>

#include <fstream>

#include "backup/restore/restore_tree.hpp"
#include "backup/tree/tree_testing.hpp"

using namespace maintain::plugins::backup;
using namespace maintain::sdk;
using namespace maintain::sdk::testkit;

namespace {

struct Restore final : Task {
  TreeSource source;
  TreeTarget target{.directory = "/srv/back", .on_server = true};
  RestoredTree result;
  Outcome run(Context& context) override {
    result = restore_tree(context, source, target);
    return Outcome::changed;
  }
};

struct Scene {
  FakeServer server;
  Restore task;

  Scene() {
    server.stub_local(argv({"rsync", "--version"}), Reply{.output = "rsync  version 3.2.7  protocol version 31\n"});
    server.stub(script("mkdir -p"), Reply{.output = "empty\n"});
    task.source.path = server.store.add({.content = {{"srv/media/f", "f"}, {"etc/g", "g"}}}).path.string();
  }
  Expectation& rsync() { return server.expect_local(word("--fake-super")); }
};

}  // namespace

TEST_CASE("plugin_backup: a tree goes back to its server as root") {
  Scene scene;
  scene.rsync().reply(stats_of(2));
  CHECK(run_task(scene.task, scene.server).status == MAINTAIN_OK);
  const SeenCommand& rsync = scene.server.commands.back();
  CHECK(word("--rsync-path=sudo -n rsync").matches(rsync));
  CHECK(rsync.argv.back() == "fake-server:/srv/back/");
  const bool either = rsync.input == std::string("srv\0etc\0", 8) || rsync.input == std::string("etc\0srv\0", 8);
  CHECK(either);
  CHECK(scene.task.result.files == 2);
  CHECK(scene.task.result.owners);
  for (const SeenCommand& command : scene.server.commands)
    if (!command.local) CHECK(command.become_user == "root");
}

TEST_CASE("plugin_backup: a tree goes back without root") {
  Scene scene;
  scene.task.target.sudo = false;
  scene.rsync().reply(stats_of(2));
  CHECK(run_task(scene.task, scene.server).status == MAINTAIN_OK);
  CHECK_FALSE(word("--rsync-path=sudo -n rsync").matches(scene.server.commands.back()));
  CHECK_FALSE(scene.task.result.owners);
}

TEST_CASE("plugin_backup: what could not be put back is told") {
  Scene scene;
  scene.rsync().reply({.status = 23,
                       .output = "skipping non-regular file \"dev/null\"\n" + stats_of(2),
                       .error_output = "rsync: [generator] chown \"/srv/back/f\" failed: Operation not permitted (1)\n"
                                       "rsync error: some files/attrs were not transferred (code 23)\n"});
  CHECK(run_task(scene.task, scene.server).status == MAINTAIN_OK);
  CHECK(scene.task.result.skipped == std::vector<std::string>{"dev/null"});
  REQUIRE(scene.task.result.problems.size() == 1);
  CHECK_THAT(scene.task.result.problems[0], Catch::Contains("chown \"/srv/back/f\""));
}

TEST_CASE("plugin_backup: restores that fail say why") {
  Scene scene;
  std::string text;
  SECTION("disk full") {
    scene.rsync().reply(
        {.status = 11, .error_output = "rsync: [receiver] write failed on \"/x\": No space left on device (28)\n"});
    text = "the file system of /srv/back on web1 is full";
  }
  SECTION("no rsync there") {
    scene.rsync().reply({.status = 127, .error_output = "bash: line 1: rsync: command not found\n"});
    text = "rsync is not installed on web1";
  }
  SECTION("the directory cannot be made") {
    scene.server.expect(script("mkdir -p")).reply(Reply::exits(1, "mkdir: cannot create directory: Read-only\n"));
    text = "web1:/srv/back cannot be used: mkdir: cannot create directory: Read-only";
  }
  SECTION("it is not empty") {
    scene.server.expect(script("mkdir -p")).reply("full\n");
    text = "web1:/srv/back is not empty";
  }
  CHECK_THAT(run_task(scene.task, scene.server).message, Catch::Contains(text));
}
