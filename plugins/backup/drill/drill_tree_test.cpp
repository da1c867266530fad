#include "backup/drill/drill_tree.hpp"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "backup/drill/drill_task.hpp"
#include "backup/drill/real_programs.hpp"
#include "backup/drill/scratch.hpp"

using namespace maintain;
using namespace maintain::plugins::backup;
using sdk::Json;

namespace {

sdk::testkit::FakeCopy& add_tree(sdk::testkit::FakeServer& server) {
  sdk::testkit::FakeCopy copy;
  copy.time = server.now();
  copy.engine = "directory";
  copy.bytes = 7;
  copy.files = 2;
  copy.content = {{"srv/shop/a", "content"}, {"srv/shop/empty", ""}};
  return server.store.add(copy);
}

}  // namespace

TEST_CASE("backup: a path of the server is looked for in the tree and nowhere else") {
  sdk::testkit::FakeServer server;
  const std::filesystem::path tree = server.directory();
  std::filesystem::create_directories(tree / "srv/empty");
  std::ofstream(tree / "srv/file") << "x";
  std::ofstream(tree / "srv/nothing").flush();
  std::filesystem::create_symlink("/srv/file", tree / "srv/link");
  std::filesystem::create_symlink("/etc/passwd", tree / "srv/out");
  std::filesystem::create_symlink("../../../../../../etc/passwd", tree / "srv/up");
  CHECK(why_missing(tree, "/srv/file").empty());
  CHECK(why_missing(tree, "srv/file").empty());
  CHECK(why_missing(tree, "/srv").empty());
  CHECK(why_missing(tree, "/srv/link").empty());
  CHECK(why_missing(tree, "/srv/nothing") == "an empty file");
  CHECK(why_missing(tree, "/srv/empty/") == "an empty directory");
  for (const char* path : {"/srv/out", "/srv/up", "/etc/passwd", "../../../etc/passwd", "/srv/other", ""}) {
    CAPTURE(path);
    CHECK(why_missing(tree, path) == "No such file or directory");
  }
}

TEST_CASE("backup: the drill of a tree restores it and looks for paths") {
  sdk::testkit::FakeServer server;
  run_local_programs_really(server);
  const auto& copy = add_tree(server);
  // As rsync keeps the owner and the mode that a plain file here stands for.
  const std::string kept = "100640 0,0 33:33";
  const std::string file = copy.path / "srv/shop/a";
  const bool attributes = ::setxattr(file.c_str(), "user.rsync.%stat", kept.c_str(), kept.size(), 0) == 0;
  if (!attributes) WARN("no user attributes on this file system: owners were not tested");
  struct stat seen {};
  const std::string restored = server.directory() + "/scratch/data/srv/shop/a";
  server.script().local_stubs.push_front(
      {sdk::testkit::word("--dry-run"), [&](const sdk::testkit::SeenCommand& command) {
         CHECK(::stat(restored.c_str(), &seen) == 0);
         return run_really(command, server.directory());
       }});
  DrillTask task;
  const auto run = sdk::testkit::run_task(task, server, {.options = {{"assert", {"/srv/shop/a", "srv/shop/empty"}}}});
  CHECK(run.message == "");
  CHECK(run.outcome == sdk::Outcome::failed);
  for (const auto& finding : server.findings) UNSCOPED_INFO(finding.title << "\n" << finding.detail);
  CHECK(server.summary.find("1 of 2 assertions hold") != std::string::npos);
  REQUIRE(server.find("backup.drill_failed", "srv/shop/empty") != nullptr);
  CHECK(server.find("backup.drill_failed")->detail == "it gave: an empty file");
  if (attributes && ::geteuid() == 0) {
    CHECK(seen.st_uid == 33);
    CHECK((seen.st_mode & 07777) == 0640);
  }
  CHECK_FALSE(std::filesystem::exists(server.directory() + "/scratch"));
}

TEST_CASE("backup: the drill of a tree fails when it comes back otherwise") {
  sdk::testkit::FakeServer server;
  run_local_programs_really(server);
  add_tree(server);
  server.script().local_stubs.push_front(
      {sdk::testkit::word("--dry-run"), [&](const sdk::testkit::SeenCommand& command) {
         std::ofstream(server.directory() + "/scratch/data/srv/shop/a") << "Content";  // as long as before
         return run_really(command, server.directory());
       }});
  DrillTask task;
  const auto run = sdk::testkit::run_task(task, server, {.options = Json::object()});
  CHECK(run.outcome == sdk::Outcome::failed);
  REQUIRE(server.find("backup.drill_failed") != nullptr);
  CHECK(server.find("backup.drill_failed")->title.find("differs from the copy") != std::string::npos);
  CHECK(server.find("backup.drill_failed")->detail.find("srv/shop/a") != std::string::npos);
}

TEST_CASE("backup: the drill of a tree whose files have changed in the store fails") {
  sdk::testkit::FakeServer server;
  run_local_programs_really(server);
  add_tree(server);
  server.store.wrong = {{{"file", "data/srv/shop/a"}, {"problem", "other content"}}};
  DrillTask task;
  const auto run = sdk::testkit::run_task(task, server, {.options = Json::object()});
  CHECK(run.outcome == sdk::Outcome::failed);
  REQUIRE(server.find("backup.drill_failed") != nullptr);
  CHECK(server.find("backup.drill_failed")->detail == "data/srv/shop/a: other content");
}

TEST_CASE("drill_tree: the scratch itself and devices are no difference") {
  CHECK(differences_in(".d..t.og... ./\nskipping non-regular file \"special/block\"\n").empty());
  CHECK(differences_in("skipping non-regular file \"x\"\n.d..t.og... ./\n.f..t...... a\n") == ".f..t...... a\n");
  CHECK(differences_in("*deleting   b") == "*deleting   b\n");
}
