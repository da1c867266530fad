#include "backup/restore/restore_preview.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "backup/drill/real_programs.hpp"
#include "backup/restore/restore_task.hpp"
#include "backup/tree/tree_testing.hpp"

using namespace maintain::plugins::backup;
using namespace maintain::sdk;
using namespace maintain::sdk::testkit;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

struct Look final : Task {
  std::string directory;
  std::vector<std::string> files;
  Place place;
  Outcome run(Context& context) override {
    place = look_there(context, directory, files, "");
    return Outcome::ok;
  }
};

// The same on a server, by the script: this machine stands for it.
Place seen_there(const std::string& directory, const std::vector<std::string>& files) {
  FakeServer server;
  run_server_commands_really(server);
  Look task;
  task.directory = directory;
  task.files = files;
  CHECK(run_task(task, server, {.check = true}).message == "");
  return task.place;
}

}  // namespace

TEST_CASE("backup: a place to restore to is seen as it is, here and there") {
  const TemporaryTree tree;
  const fs::path root = tree.path;
  fs::create_directories(root / "empty");
  fs::create_directories(root / "full");
  std::ofstream(root / "full/it's") << "x";
  std::ofstream(root / "file") << "x";
  fs::create_symlink("nowhere", root / "dangling");
  fs::create_symlink("loop", root / "full/loop");
  const std::vector<std::string> files = {"other", "it's", "loop"};
  for (const auto& look : {&look_here, +[](const std::string& directory, const std::vector<std::string>& names) {
                             return seen_there(directory, names);
                           }}) {
    CHECK(look(root / "empty", {}).kind == PlaceKind::empty);
    CHECK(look(root / "missing/below", {}).kind == PlaceKind::missing);
    CHECK(look(root / "missing/below", {}).writable);
    CHECK(look(root / "missing/below", {}).free.value_or(0) > 0);
    CHECK(look(root / "file", {}).kind == PlaceKind::no_directory);
    CHECK(look(root / "dangling", {}).kind == PlaceKind::no_directory);
    const Place full = look(root / "full", files);
    CHECK(full.kind == PlaceKind::full);
    CHECK(full.taken == std::vector<std::string>{"it's", "loop"});
    if (::geteuid() != 0) {
      REQUIRE(::chmod((root / "empty").c_str(), 0500) == 0);
      CHECK_FALSE(look(root / "empty", {}).writable);
      REQUIRE(::chmod((root / "empty").c_str(), 0700) == 0);
    }
  }
}

TEST_CASE("backup: what a server says of a place is not trusted") {
  CHECK(parse_place("full\nwritable\n10 4096\ntaken 1\n", {"a", "b"}).taken == std::vector<std::string>{"b"});
  CHECK(parse_place("full\nwritable\n10 4096\ntaken\n", {}).free == 40960);
  CHECK(parse_place("full\nclosed\nunknown\ntaken 7 x -1\n", {"a"}).taken.empty());
  CHECK_FALSE(parse_place("full\nclosed\nunknown\ntaken\n", {}).free);
  CHECK_FALSE(parse_place("full\nclosed\n9999999999999999 999999999999\ntaken\n", {}).free);
  for (const char* text : {"", "full\n", "hello\nwritable\n1 1\ntaken\n"})
    CHECK(parse_place(text, {}).kind == PlaceKind::unknown);
}

TEST_CASE("backup: what would become of a restore is told, with what stands against it") {
  const Wanted tree{.where = "web1:/srv/back", .bytes = 2048, .tree = true};
  const auto told = [](const Place& place, Wanted wanted, bool replace = false) {
    wanted.replace = replace;
    const Prospect prospect = judge_place(place, wanted);
    std::string all = prospect.text;
    for (const std::string& why : prospect.hindrances) all += "\n" + why;
    return all;
  };
  CHECK(told({PlaceKind::missing, true, 4096}, tree) == "is not there and would be made; 4.0 KiB are free there");
  CHECK(told({PlaceKind::empty, true, 1024}, tree) ==
        "is empty; 1.0 KiB are free there\nweb1:/srv/back has 1.0 KiB free, the copy takes 2.0 KiB");
  CHECK(told({PlaceKind::full, true, {}}, tree) ==
        "is not empty\nweb1:/srv/back is not empty: give another one, or say --replace to overwrite it");
  CHECK(told({PlaceKind::full, true, 1024}, tree, true) ==
        "is not empty: what has the same name would be overwritten, the rest would stay; 1.0 KiB are free there");
  CHECK(told({PlaceKind::empty, false, {}}, tree) ==
        "is empty; it cannot be written\n"
        "web1:/srv/back cannot be written: give another one, or restore as a user who may");
  CHECK_THAT(told({PlaceKind::no_directory, true, {}}, tree, true), Contains("\nweb1:/srv/back is not a directory"));
  CHECK_THAT(told({}, tree), Contains("could not be looked at"));
  const Wanted dumps{.where = "/root/x", .bytes = 1};
  CHECK(told({PlaceKind::full, true, {}, {}}, dumps) == "is not empty");
  CHECK(told({PlaceKind::full, true, {}, {"orders.dump"}}, dumps) ==
        "has orders.dump already\n/root/x has orders.dump already: give another one, or say --replace to overwrite it");
}

TEST_CASE("backup: a dry run of a tree looks at its target and leaves it as it is") {
  FakeServer server;
  FakeCopy made;
  made.time = server.now();
  made.engine = "directory";
  made.bytes = 2048;
  made.content = {{"srv/a", "one"}};
  server.store.add(made);
  const fs::path target = server.directory() + "/new";
  const auto dry = [&](bool replace) {
    server.findings.clear();
    RestoreTask task;
    const TaskRun run = run_task(task, server, {.options = {{"to", target.string()}, {"replace", replace}},
                                                .check = true, .lenient = true});
    CHECK(run.outcome == Outcome::ok);
    return server.summary;
  };
  CHECK_THAT(dry(false), Catch::StartsWith("would restore the copy 20261122T120000Z (directory, 2.0 KiB) to " +
                                           target.string() + ", which is not there and would be made; "));
  CHECK_FALSE(fs::exists(target));
  fs::create_directory(target);
  std::ofstream(target / "mine") << "x";
  CHECK_THAT(dry(false), Catch::StartsWith("would not restore"));
  CHECK(server.findings.size() == 1);
  CHECK_THAT(dry(true), Contains("the rest would stay"));
  CHECK(server.findings.empty());
}
