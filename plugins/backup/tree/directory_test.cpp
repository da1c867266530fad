#include <catch2/catch.hpp>

#include <fstream>

#include "backup/tree/directory_task.hpp"
#include "backup/tree/draft_tree.hpp"
#include "backup/tree/rsync_failure.hpp"
#include "backup/tree/tree_inspect.hpp"
#include "backup/tree/tree_testing.hpp"

using namespace maintain::plugins::backup;
using namespace maintain::sdk;
using namespace maintain::sdk::testkit;

namespace {

const std::string version = "rsync  version 3.2.7  protocol version 31\n";

// A server that has /srv/media, and rsync on both sides.
struct Scene {
  FakeServer server;
  DirectoryTask task;
  Json options = {{"paths", {"/srv/media"}}};
  bool check = false;

  Scene() {
    server.stub(script("mountpoint"), Reply{.output = "program " + version + "holes none\nthere\n"});
    server.stub_local(argv({"rsync", "--version"}), Reply{.output = version});
  }
  // What one rsync does: so many files are then in the draft.
  Reply brings(int files, Reply reply = {}) {
    reply.then = [files](FakeServer& fake) {
      std::filesystem::create_directories(fake.store.draft_path() / "srv/media");
      for (int i = 0; i < files; ++i)
        std::ofstream(fake.store.draft_path() / "srv/media" / std::to_string(i)) << "hello";
    };
    return reply;
  }
  Expectation& rsync() { return server.expect_local(word("--fake-super")); }
  TaskRun run() { return run_task(task, server, {.options = options, .check = check}); }
  const SeenCommand& last() const { return server.commands.back(); }
  bool has_word(const std::string& wanted) const { return word(wanted).matches(last()); }
  bool can_run() {
    if (takes_attributes(server.store.directory().string())) return true;
    WARN("the temporary directory takes no user attributes: nothing was tested");
    return false;
  }
};

std::string recorded(const std::string& name) {
  return content_of_file(std::string(MAINTAIN_TESTDATA) + "/" + name);
}

}  // namespace

TEST_CASE("plugin_backup: the options of a directory") {
  DirectoryTask task;
  CHECK_FALSE(validate_options(task, {{"paths", {"/srv/media", "/etc"}}}));
  CHECK(validate_options(task, {{"paths", {"/etc", "/srv/../etc"}}}).value_or("").starts_with("/paths/1: "));
  CHECK(validate_options(task, {{"paths", "/etc"}, {"bandwidth_limit", "x"}}).value_or("").starts_with("/bandwidth"));
  const Json same_name = {{"paths", {"/a/media", "/b/media"}}};
  CHECK_FALSE(validate_options(task, same_name));
  Json legacy = same_name;
  legacy["layout"] = "legacy";
  CHECK(validate_options(task, legacy).value_or("").starts_with("/paths/1: "));
  CHECK(validate_options(task, {{"paths", "/"}, {"layout", "legacy"}}).value_or("").starts_with("/paths: "));
}

TEST_CASE("plugin_backup: what the server says of the paths") {
  const auto two = parse_inspection("program rsync  version 3.2.7  protocol\nholes none\nthere\nlink\n", 2);
  REQUIRE(two);
  CHECK(two->rsync == "3.2.7");
  CHECK_FALSE(why_not_copied("/a", two->states[0]));
  CHECK(why_not_copied("/b", two->states[1]).value_or("").find("/b is a symbolic link") == 0);
  CHECK(why_not_copied("/b", "unmounted") == "/b is not mounted");
  CHECK_FALSE(two->holes);
  CHECK_FALSE(parse_inspection("program \nholes none\nthere\n", 2));
  CHECK_FALSE(parse_inspection("program \nthere\nthere\n", 1));
  CHECK_FALSE(parse_inspection("there\nthere\nthere\n", 1));
  CHECK(parse_inspection("program \nholes unknown\nthere\n", 1)->rsync.empty());
  CHECK(parse_inspection("program \nholes unknown\nthere\n", 1)->holes);
  CHECK(parse_inspection("program \nholes some\nthere\n", 1)->holes);
}

TEST_CASE("plugin_backup: a directory is copied and verified") {
  Scene scene;
  if (!scene.can_run()) return;
  scene.rsync().reply(scene.brings(2, {.output = stats_of(2)}));
  scene.options["layout"] = "legacy";
  CHECK(scene.run().outcome == Outcome::ok);
  REQUIRE(scene.server.store.copies.size() == 1);
  const FakeCopy& copy = scene.server.store.copies[0];
  CHECK(copy.state == "verified");
  CHECK(copy.source == "/srv/media");
  CHECK(copy.engine == "directory");
  CHECK(copy.facts["links"] == Json{{"media", "srv/media"}});
  CHECK(copy.facts["tools"]["rsync on the server"] == "3.2.7");
  CHECK(copy.facts["details"]["paths"] == Json{"/srv/media"});
  CHECK(copy.facts["details"]["transferred_files"] == 2);
  CHECK(scene.server.store.prunes.size() == 1);
  CHECK(scene.server.findings.empty());
  CHECK(scene.has_word("fake-server:/srv/media"));
  CHECK(scene.has_word("--rsync-path=sudo -n rsync"));
  CHECK(scene.server.commands.front().become_user.empty());  // rsync's version, here
  CHECK(scene.server.commands[1].become_user == "root");
}

TEST_CASE("plugin_backup: root needs no sudo, and who does not want it gets none") {
  Scene scene;
  if (!scene.can_run()) return;
  scene.rsync().reply(scene.brings(1, {.output = stats_of(1)}));
  SECTION("root") { scene.server.facts.user = "root"; }
  SECTION("not wanted") { scene.options["sudo"] = false; }
  CHECK(scene.run().outcome == Outcome::ok);
  CHECK_FALSE(scene.has_word("--rsync-path=sudo -n rsync"));
  CHECK(scene.server.commands[1].become_user.empty());
}

TEST_CASE("plugin_backup: paths that are not there, links, not mounted") {
  Scene scene;
  scene.options = {{"paths", {"/a", "/b", "/c"}}, {"mountpoint", true}};
  scene.server.expect(script("mountpoint")).reply("program " + version + "holes some\nmissing\nlink\nunmounted\n");
  const TaskRun run = scene.run();
  CHECK(run.status == MAINTAIN_FAILED);
  for (const char* part : {"/a is not there", "/b is a symbolic link", "/c is not mounted"})
    CHECK_THAT(run.message, Catch::Contains(part));
  CHECK(scene.server.store.copies.empty());
  CHECK(scene.last().argv == std::vector<std::string>{"mounts", "ask", "/a", "/b", "/c"});
}

TEST_CASE("plugin_backup: no rsync, here or there") {
  Scene scene;
  SECTION("there") { scene.server.expect(script("mountpoint")).reply("program \nholes none\nthere\n"); }
  SECTION("here") {
    scene.server.stub_local(argv({"rsync", "--version"}), Reply::fails(MAINTAIN_NOT_FOUND));
  }
  CHECK_THAT(scene.run().message, Catch::Contains("install the package rsync"));
}

TEST_CASE("plugin_backup: unreadable files are named, and the copy does not count") {
  Scene scene;
  if (!scene.can_run()) return;
  scene.rsync().reply(scene.brings(
      1, {.status = 23, .output = recorded("rsync_unreadable.out"), .error_output = recorded("rsync_unreadable.err")}));
  CHECK(scene.run().outcome == Outcome::failed);
  CHECK(scene.server.store.copies.at(0).state == "unverified");
  CHECK(scene.server.store.prunes.size() == 1);  // or unverified ones would fill the disk
  const Finding* finding = scene.server.find("backup.unreadable");
  REQUIRE(finding != nullptr);
  CHECK(finding->state == State::warning);
  CHECK_THAT(finding->title, Catch::Contains("3 files could not be read, first /srv/u/locked"));
  CHECK_THAT(finding->detail, Catch::Contains("/srv/u/se cret: Permission denied"));
  CHECK(scene.server.metrics["backup_unreadable_files"] == 3);
}

TEST_CASE("plugin_backup: a copy beyond max_files leaves nothing that the next run would stumble over") {
  Scene scene;
  if (!scene.can_run()) return;
  scene.options["max_files"] = 2;
  scene.rsync().reply(scene.brings(3, {.output = stats_of(3)}));
  CHECK(scene.run().status == MAINTAIN_REFUSED);
  CHECK(scene.server.store.copies.empty());
  CHECK_FALSE(std::filesystem::exists(scene.server.store.draft_path()));
  scene.rsync().reply(scene.brings(2, {.output = stats_of(2)}));
  CHECK(scene.run().outcome == Outcome::ok);
}

TEST_CASE("plugin_backup: files that vanish are no trouble") {
  Scene scene;
  if (!scene.can_run()) return;
  scene.rsync().reply(
      scene.brings(3, {.status = 24, .output = stats_of(17), .error_output = recorded("rsync_vanished.err")}));
  CHECK(scene.run().outcome == Outcome::ok);
  CHECK(scene.server.store.copies.at(0).state == "verified");
  CHECK(scene.server.metrics["backup_vanished_files"] == 14);
}

TEST_CASE("plugin_backup: a count that does not agree leaves the copy unverified") {
  Scene scene;
  if (!scene.can_run()) return;
  scene.rsync().reply(scene.brings(2, {.output = stats_of(3)}));
  CHECK(scene.run().outcome == Outcome::failed);
  CHECK(scene.server.store.copies.at(0).state == "unverified");
  REQUIRE(scene.server.find("backup.incomplete") != nullptr);
  CHECK_THAT(scene.server.find("backup.incomplete")->detail, Catch::Contains("of the 3 files"));
}

TEST_CASE("plugin_backup: a lost connection is tried again, four times in all") {
  Scene scene;
  if (!scene.can_run()) return;
  const Reply lost{.status = 12, .error_output = recorded("rsync_killed.err")};
  SECTION("it comes back") {
    const auto media = scene.server.store.draft_path() / "srv/media";
    Reply first = lost;
    first.then = [&](FakeServer&) {  // one whole file, linked to the base, and a part of another
      std::filesystem::create_directories(media);
      std::ofstream(media / "0") << "hello";
      std::ofstream(media / "part") << "he";
      std::filesystem::create_hard_link(media / "0", scene.server.store.directory() / "elsewhere");
    };
    bool shared = true, part = false;
    Reply second{.output = stats_of(2)};
    second.then = [&](FakeServer&) {
      shared = std::filesystem::exists(media / "0");
      part = std::filesystem::exists(media / "part");
      std::ofstream(media / "0") << "hello";
    };
    scene.rsync().reply(first).reply(second);
    CHECK(scene.run().outcome == Outcome::ok);
    CHECK_FALSE(shared);
    CHECK(part);
    CHECK(scene.server.store.copies.at(0).state == "verified");
  }
  SECTION("it does not") {
    scene.rsync().reply(scene.brings(1, lost)).reply(lost).reply(lost).reply(lost);
    const TaskRun run = scene.run();
    CHECK(run.status == MAINTAIN_CONNECTION_LOST);
    CHECK_THAT(run.message, Catch::Contains("broke 4 times"));
    CHECK(scene.server.store.copies.empty());
    CHECK(std::filesystem::exists(scene.server.store.draft_path() / "srv/media/0"));
  }
}

TEST_CASE("plugin_backup: what a person must see to") {
  Scene scene;
  if (!scene.can_run()) return;
  struct Case {
    Reply reply;
    const char* text;
    bool kept;
  };
  const auto& [reply, text, kept] = GENERATE(values<Case>(
      {{{.status = 11, .error_output = recorded("rsync_disk_full.err")}, "is full: make room", false},
       {{.status = 23, .error_output = recorded("rsync_no_xattrs.err")}, "no extended attributes", true},
       {{.status = 12, .error_output = recorded("rsync_not_there.err")}, "install the package rsync there", true},
       {{.status = 12, .error_output = "sudo: a password is required\n"}, "NOPASSWD: /usr/bin/rsync", true},
       {{.status = 12, .error_output = recorded("rsync_unknown_option.err")}, "too old", true},
       {{.status = 23, .error_output = recorded("rsync_missing.err")}, "not on web1: /srv/nope", true},
       {{.signal = 9}, "ended by signal 9", true},
       {Reply::fails(MAINTAIN_REFUSED, "the copy would be larger than max_bytes"), "max_bytes", false}}));
  scene.rsync().reply(scene.brings(1, reply));
  const TaskRun run = scene.run();
  CHECK(run.status != MAINTAIN_OK);
  CHECK_THAT(run.message, Catch::Contains(text));
  CHECK(scene.server.store.copies.empty());
  CHECK(std::filesystem::exists(scene.server.store.draft_path()) == kept);
}

TEST_CASE("plugin_backup: what was left is gone on with, without what it shares") {
  Scene scene;
  if (!scene.can_run()) return;
  const auto draft = scene.server.store.draft_path();
  FakeCopy& base = scene.server.store.add({.content = {{"srv/media/0", "hello"}}});
  std::filesystem::create_directories(draft / "srv/media");
  std::filesystem::create_directories(draft / "old");
  std::filesystem::create_hard_link(base.path / "srv/media/0", draft / "srv/media/shared");
  std::ofstream(draft / "srv/media/partial") << "he";
  const std::string link_dest = "--link-dest=" + base.path.string();
  bool shared = true, partial = false, old = true;
  Reply reply{.output = stats_of(0)};
  reply.then = [&](FakeServer&) {
    shared = std::filesystem::exists(draft / "srv/media/shared");
    partial = std::filesystem::exists(draft / "srv/media/partial");
    old = std::filesystem::exists(draft / "old");
  };
  scene.rsync().reply(reply);
  scene.run();
  CHECK(scene.has_word(link_dest));
  CHECK_FALSE(shared);
  CHECK(partial);
  CHECK_FALSE(old);
}

TEST_CASE("plugin_backup: a dry run of a directory") {
  Scene scene;
  scene.check = true;
  scene.rsync().reply(stats_of(3));
  CHECK(scene.run().outcome == Outcome::ok);
  CHECK(scene.has_word("--dry-run"));
  CHECK(scene.server.refused.empty());
  CHECK(scene.server.summary == "would copy 5 bytes in 3 files, 3 of them (5 bytes) new or changed");
}

TEST_CASE("plugin_backup: paths within others come along with them") {
  Scene scene;
  if (!scene.can_run()) return;
  scene.options["paths"] = {"/srv/media", "/srv/media/x", "/srv/media/"};
  scene.server.stub(script("mountpoint"), Reply{.output = "program " + version + "holes none\nthere\nthere\nthere\n"});
  scene.rsync().reply(scene.brings(1, {.output = stats_of(1)}));
  CHECK(scene.run().outcome == Outcome::ok);
  CHECK_FALSE(scene.has_word(":/srv/media/x"));
  CHECK(scene.server.store.copies.at(0).source == "/srv/media");
}
