// The two copies of a volume in use, by the real rsync.
#include <catch2/catch.hpp>

#include <fcntl.h>

#include "backup/tree/draft_tree.hpp"
#include "backup/volume/volume_testing.hpp"

using namespace maintain::plugins::backup;
using namespace maintain::sdk;
using namespace maintain::sdk::testkit;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const std::string& content, long seconds) {
  std::ofstream(path) << content;
  const timespec times[2] = {{seconds, 5}, {seconds, 5}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

}  // namespace

TEST_CASE("plugin_backup: the second copy of a volume in use sees what no time tells, and leaves older copies alone") {
  TemporaryTree tree;
  if (!takes_attributes(tree.path) || ::access("/usr/bin/rsync", X_OK) != 0) {
    WARN("there is no rsync, or the temporary directory takes no user attributes: nothing was tested");
    return;
  }
  const long now = static_cast<long>(::time(nullptr));
  write(tree.path + "/db", "1111", now + 60);     // changes now
  write(tree.path + "/old", "same", now - 1000);  // does not
  write(tree.path + "/still", "still", now - 1000);
  write(tree.path + "/going", "x", now - 1000);
  mode_t mode = 0604;                             // of old, from the pause on

  FakeServer server;
  server.facts.user = "root";  // who runs the tests stands for it
  server.remote_shell.clear();
  run_local_programs_really(server);
  run_server_commands_really(server);
  FakeRuntime runtime{.volumes = {{"data", nullptr}}, .containers = {{.id = "a", .name = "db"}}};
  server.stub(argv({"docker"}), [&](const SeenCommand& command) {
    Reply reply = runtime.answer(command);
    if (command.argv[1] == "volume") {
      Json volumes = Json::parse(reply.output);
      volumes[0]["Mountpoint"] = tree.path;
      reply.output = volumes.dump();
    }
    if (command.argv[1] == "pause") {  // just before, through a mapping into memory
      write(tree.path + "/db", "2222", now + 60);
      fs::remove(tree.path + "/going");
      REQUIRE(::chmod((tree.path + "/old").c_str(), mode) == 0);
    }
    return reply;
  });
  const auto back_up = [&] {
    server.expect_job("release", {.takes = std::chrono::minutes(10)});
    VolumeTask task;
    return run_task(task, server, {.options = {{"volumes", "data"}, {"quiesce", "pause"}}}).outcome;
  };

  REQUIRE(back_up() == Outcome::ok);
  const auto old_entry = snapshot(server.store.copies.at(0).path).at("data/old");
  CHECK(content_of_file(server.store.copies[0].path / "data/db") == "2222");
  CHECK(content_of_file(server.store.copies[0].path / "data/old") == "same");
  CHECK(server.store.copies[0].files == 3);
  CHECK(server.store.copies[0].state == "verified");

  mode = 0640;
  write(tree.path + "/db", "1111", now + 60);
  server.advance(std::chrono::hours(24));
  REQUIRE(back_up() == Outcome::ok);
  CHECK(content_of_file(server.store.copies.at(0).path / "data/db") == "2222");
  CHECK(snapshot(server.store.copies[1].path).at("data/old") == old_entry);
  CHECK(snapshot(server.store.copies[0].path).at("data/old") != old_entry);
  const auto inode = [&](std::size_t copy) {
    struct stat status {};
    REQUIRE(::stat((server.store.copies.at(copy).path / "data/still").c_str(), &status) == 0);
    return status.st_ino;
  };
  CHECK(inode(0) == inode(1));
}
