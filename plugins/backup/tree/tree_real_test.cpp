// The real rsync, between directories of this machine.
#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <fstream>

#include "backup/restore/restore_tree.hpp"
#include "backup/tree/directory_task.hpp"
#include "backup/tree/draft_tree.hpp"
#include "backup/tree/tree_copy.hpp"
#include "backup/tree/tree_testing.hpp"

using namespace maintain::plugins::backup;
using namespace maintain::sdk;
using namespace maintain::sdk::testkit;
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> same;

// "/bin/sh PROGRAM DESTINATION WORDS…" does with the words what ssh would do on the other side.
std::vector<std::string> shell_here(const std::string& directory) {
  const std::string program = directory + "/as ssh";
  std::ofstream(program) << "shift\nexec sh -c \"$*\"\n";
  return {"/bin/sh", program, "web1"};
}

void set_times(const std::string& path, long seconds) {
  const timespec times[2] = {{seconds, 0}, {seconds, 123456789}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0);
}

void make_odd_tree(const std::string& root) {
  fs::create_directories(root + "/media/sub");
  const auto add = [&](const std::string& name, const std::string& content) {
    std::ofstream(root + "/media/" + name) << content;
  };
  add("plain", "one");
  add("new\nline", "two");
  add("not\xff\xfeutf8", "three");
  add("[a]*?", "four");
  add("sub/deep", "five");
  add("empty", "");
  fs::create_hard_link(root + "/media/plain", root + "/media/sub/again");
  fs::create_symlink("/nowhere", root + "/media/dangling");
  fs::create_directory_symlink("sub", root + "/media/to-directory");
  REQUIRE(::mkfifo((root + "/media/fifo").c_str(), 0640) == 0);
  add("sparse", "");
  REQUIRE(::truncate((root + "/media/sparse").c_str(), 5 << 20) == 0);
  REQUIRE(::setxattr((root + "/media/plain").c_str(), "user.colour", "red", 3, 0) == 0);
  REQUIRE(::chmod((root + "/media/sub").c_str(), 02555) == 0);
  if (::geteuid() == 0) {
    REQUIRE(::lchown((root + "/media/plain").c_str(), 77, 78) == 0);
    REQUIRE(::lchown((root + "/media/dangling").c_str(), 79, 80) == 0);
    REQUIRE(::lchown((root + "/media").c_str(), 33, 33) == 0);
    REQUIRE(::chmod((root + "/media/plain").c_str(), 06755) == 0);
    REQUIRE(::chmod((root + "/media/empty").c_str(), 0) == 0);
    // Where the file system has no such attributes, there are none to be lost. The list: user::rw-, user:33:r--, …
    const std::string list("\2\0\0\0\1\0\6\0\xff\xff\xff\xff\2\0\4\0\41\0\0\0\4\0\4\0\xff\xff\xff\xff"
                           "\20\0\4\0\xff\xff\xff\xff\40\0\0\0\xff\xff\xff\xff", 44);
    const std::string bind("\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);  // cap_net_bind_service
    (void)::setxattr((root + "/media/[a]*?").c_str(), "system.posix_acl_access", list.data(), list.size(), 0);
    (void)::setxattr((root + "/media/sub").c_str(), "system.posix_acl_default", list.data(), list.size(), 0);
    (void)::setxattr((root + "/media/sub/deep").c_str(), "trusted.t", "t", 1, 0);
    (void)::setxattr((root + "/media/sub/deep").c_str(), "security.capability", bind.data(), bind.size(), 0);
  }
  for (const auto& entry : fs::recursive_directory_iterator(root)) set_times(entry.path().string(), 1234567890);
}

struct Scene {
  TemporaryTree tree;
  FakeServer server;
  std::string source = tree.path + "/s";

  Scene() {
    fs::create_directories(source);
    run_local_programs_really(server);
    run_server_commands_really(server);
    server.facts.user = "root";  // who runs the tests stands for it: no sudo
  }
  TaskRun back_up(Json options = Json::object()) {
    options["paths"] = {source};
    DirectoryTask task;
    return run_task(task, server, {.options = options});
  }
  std::string copied(std::size_t index) { return server.store.copies.at(index).path.string(); }
};

// Two volumes in one copy; the second one's connection is lost once.
struct TwoVolumes final : Task {
  std::string first, second;
  Outcome run(Context& context) override {
    TreeCopy copy(context, {}, {});
    copy.inspect({first, second});
    copy.begin("one, two", "docker_volume", {"one", "two"});
    copy.fetch_content(first, "one");
    copy.fetch_content(second, "two");
    return copy.finish();
  }
};

// restore_tree as a task.
struct Restore final : Task {
  TreeSource source;
  TreeTarget target;
  RestoredTree result;
  Restore(TreeSource from, TreeTarget to) : source(std::move(from)), target(std::move(to)) {}
  Outcome run(Context& context) override {
    result = restore_tree(context, source, target);
    return Outcome::changed;
  }
};

bool can_run(const Scene& scene) {
  if (takes_attributes(scene.tree.path) && ::access("/usr/bin/rsync", X_OK) == 0) return true;
  WARN("there is no rsync, or the temporary directory takes no user attributes: nothing was tested");
  return false;
}

}  // namespace

TEST_CASE("plugin_backup: a tree comes back as it was") {
  Scene scene;
  if (!can_run(scene)) return;
  SECTION("over a remote shell") { scene.server.remote_shell = shell_here(scene.tree.path); }
  SECTION("of the maintenance server itself") { scene.server.remote_shell.clear(); }
  make_odd_tree(scene.source);
  const auto before = snapshot(scene.source);

  REQUIRE(scene.back_up().outcome == Outcome::ok);
  CHECK(scene.server.findings.empty());
  std::ofstream(scene.source + "/media/plain") << "changed";
  std::ofstream(scene.source + "/media/added") << "added";
  scene.server.advance(std::chrono::hours(24));
  REQUIRE(scene.back_up().outcome == Outcome::ok);
  CHECK(scene.server.store.copies.at(0).state == "verified");
  const auto after = snapshot(scene.source);

  const auto inode = [&](std::size_t copy, const std::string& name) {
    struct stat status {};
    REQUIRE(::lstat((scene.copied(copy) + scene.source + "/media/" + name).c_str(), &status) == 0);
    return status.st_ino;
  };
  CHECK(inode(0, "sparse") == inode(1, "sparse"));
  CHECK(inode(0, "plain") != inode(1, "plain"));

  const bool on_server = GENERATE(false, true);
  const std::vector<std::map<std::string, std::string>> states = {after, before};
  for (std::size_t copy = 0; copy < 2; ++copy) {
    const std::string target = scene.tree.path + "/restored [" + std::to_string(copy) + "]";
    Restore restore({.path = scene.copied(copy)}, {.directory = target, .on_server = on_server});
    REQUIRE(run_task(restore, scene.server).status == MAINTAIN_OK);
    CHECK(restore.result.problems == std::vector<std::string>{});
    CHECK(differences(snapshot(target + scene.source), states[copy]) == same);
    CHECK(restore.result.files == count_files(target));
  }
}

TEST_CASE("plugin_backup: excluded files leave a draft, and hard links are not written through") {
  Scene scene;
  if (!can_run(scene)) return;
  scene.server.remote_shell.clear();
  std::ofstream(scene.source + "/keep") << "keep";
  std::ofstream(scene.source + "/log.tmp") << "tmp";
  REQUIRE(scene.back_up().outcome == Outcome::ok);
  const auto first = snapshot(scene.copied(0));
  // An interrupted run left a draft that shares a file with the copy, and one that is excluded by now.
  const fs::path left = scene.server.store.draft_path().string() + scene.source;
  fs::create_directories(left);
  fs::create_hard_link(scene.copied(0) + scene.source + "/keep", left / "keep");
  std::ofstream(left / "log.tmp") << "tmp";
  REQUIRE(::chmod((scene.source + "/keep").c_str(), 0604) == 0);
  scene.server.advance(std::chrono::hours(24));
  REQUIRE(scene.back_up({{"exclude", {"*.tmp"}}}).outcome == Outcome::ok);
  CHECK(count_files(scene.copied(0)) == 1);
  CHECK(differences(snapshot(scene.copied(1)), first) == same);
}

TEST_CASE("plugin_backup: a snapshot of the copy before is brought up to date") {
  Scene scene;
  if (!can_run(scene)) return;
  scene.server.remote_shell.clear();
  scene.server.store.snapshots = true;
  make_odd_tree(scene.source);
  const std::string media = scene.source + "/media/";
  std::ofstream(media + "twin") << "twins of one length";
  fs::create_hard_link(media + "twin", media + "twin2");
  fs::create_directory(media + "was-directory");
  std::ofstream(media + "was-directory/f") << "f";
  std::ofstream(media + "was-file") << "f";
  REQUIRE(scene.back_up().outcome == Outcome::ok);
  const auto before = snapshot(scene.copied(0));

  // What is written in place must not come through to the other name of what was one file.
  fs::remove(media + "twin2");
  std::ofstream(media + "twin2") << "twin of this length";
  fs::remove_all(media + "was-directory");
  std::ofstream(media + "was-directory") << "file";
  fs::remove(media + "was-file");
  fs::create_directory(media + "was-file");
  fs::remove(media + "dangling");
  std::ofstream(media + "dangling") << "no more";
  std::ofstream(media + "sub/deep", std::ios::app) << "er";
  std::ofstream(media + "[a]*?", std::ios::app) << ", with an ACL";
  fs::remove(media + "empty");
  scene.server.advance(std::chrono::hours(24));
  REQUIRE(scene.back_up().outcome == Outcome::ok);
  CHECK(scene.server.store.copies.at(0).state == "verified");
  CHECK(differences(snapshot(scene.copied(1)), before) == same);

  const std::string target = scene.tree.path + "/restored";
  Restore restore({.path = scene.copied(0)}, {.directory = target});
  REQUIRE(run_task(restore, scene.server).status == MAINTAIN_OK);
  CHECK(differences(snapshot(target + scene.source), snapshot(scene.source)) == same);
}

TEST_CASE("plugin_backup: the target of a restore stays as it is, and must be empty") {
  Scene scene;
  if (!can_run(scene)) return;
  scene.server.remote_shell.clear();
  std::ofstream(scene.source + "/f") << "f";
  REQUIRE(scene.back_up().outcome == Outcome::ok);
  const bool on_server = GENERATE(false, true);
  const std::string target = scene.tree.path + "/target";
  fs::create_directory(target);
  REQUIRE(::chmod(target.c_str(), 0751) == 0);
  std::ofstream(target + "/mine") << "mine";

  Restore refused({.path = scene.copied(0)}, {.directory = target, .on_server = on_server});
  CHECK_THAT(run_task(refused, scene.server).message, Catch::Contains("is not empty"));
  Restore onto_file({.path = scene.copied(0)}, {.directory = target + "/mine", .on_server = on_server});
  CHECK_THAT(run_task(onto_file, scene.server).message, Catch::Contains("is not a directory"));

  Restore replacing({.path = scene.copied(0)}, {.directory = target, .on_server = on_server, .replace = true});
  REQUIRE(run_task(replacing, scene.server).status == MAINTAIN_OK);
  CHECK(content_of_file(target + scene.source + "/f") == "f");
  CHECK(content_of_file(target + "/mine") == "mine");
  CHECK((fs::status(target).permissions() & fs::perms::mask) == static_cast<fs::perms>(0751));
}

TEST_CASE("plugin_backup: a volume's own directory comes back, too, and devices only on servers") {
  Scene scene;
  if (!can_run(scene) || ::geteuid() != 0) return;
  scene.server.remote_shell.clear();
  REQUIRE(::mknod((scene.source + "/null").c_str(), S_IFCHR | 0666, makedev(1, 3)) == 0);
  REQUIRE(::chown(scene.source.c_str(), 5, 6) == 0);
  REQUIRE(::chmod(scene.source.c_str(), 01730) == 0);
  set_times(scene.source, 1234567890);
  REQUIRE(scene.back_up({{"allow_empty", true}}).outcome == Outcome::ok);
  const bool on_server = GENERATE(false, true);
  const std::string target = scene.tree.path + "/volume";
  Restore restore({.path = scene.copied(0) + scene.source, .itself = true},
                  {.directory = target, .on_server = on_server});
  REQUIRE(run_task(restore, scene.server).status == MAINTAIN_OK);
  std::map<std::pair<dev_t, ino_t>, std::string> links;
  CHECK(describe_entry(target, links) == describe_entry(scene.source, links));
  if (on_server) CHECK(differences(snapshot(target), snapshot(scene.source)) == same);
  else CHECK(restore.result.skipped == std::vector<std::string>{"null"});
}

TEST_CASE("plugin_backup: volumes lie side by side, and one that is tried again leaves the other alone") {
  Scene scene;
  if (!can_run(scene)) return;
  TwoVolumes task;
  task.first = scene.source + "/1";
  task.second = scene.source + "/2";
  for (const std::string& volume : {task.first, task.second}) {
    fs::create_directory(volume);
    std::ofstream(volume + "/f") << volume;
    fs::create_hard_link(volume + "/f", volume + "/g");
  }
  scene.server.remote_shell.clear();
  REQUIRE(run_task(task, scene.server).outcome == Outcome::ok);
  scene.server.advance(std::chrono::hours(24));
  Reply lost = Reply::exits(30);
  SECTION("before its first byte") {}
  SECTION("later") {
    lost.then = [](FakeServer& server) { fs::create_directory(server.store.draft_path() / "two"); };
  }
  scene.server.expect_local(word("LC_ALL=C:" + task.second + "/")).reply(lost);
  REQUIRE(run_task(task, scene.server).outcome == Outcome::ok);
  REQUIRE(scene.server.store.copies.size() == 2);
  CHECK(count_files(scene.copied(0)) == 4);
  CHECK(content_of_file(scene.copied(0) + "/two/g") == task.second);
  for (const char* name : {"/one/f", "/two/g"})
    CHECK(fs::equivalent(scene.copied(0) + name, scene.copied(1) + name));
}

TEST_CASE("plugin_backup: an rsync that is killed leaves the older copies alone, and what can be gone on with") {
  Scene scene;
  if (!can_run(scene)) return;
  scene.server.remote_shell.clear();
  const auto write = [&](int file, const std::string& content) {
    std::ofstream(scene.source + "/" + std::to_string(file)) << content;
  };
  for (int i = 0; i < 400; ++i) write(i, "one " + std::to_string(i));
  std::ofstream(scene.source + "/large") << std::string(8 << 20, 'x');
  REQUIRE(scene.back_up().outcome == Outcome::ok);
  const auto first = snapshot(scene.copied(0));

  for (const char* seconds : {"0.03", "0.06"}) {
    for (int i = 0; i < 400; i += 2) REQUIRE(::chmod((scene.source + "/" + std::to_string(i)).c_str(), 0640) == 0);
    for (int i = 1; i < 400; i += 10) write(i, std::string("two ") + seconds);
    std::ofstream(scene.source + "/large", std::ios::app) << seconds;
    DirectoryTask task;
    FakeServer& server = scene.server;
    server.script().local_stubs.push_front({word("--fake-super"), [&, seconds](const SeenCommand& seen) {
      Command command = seen;
      command.argv.insert(command.argv.begin(), {"timeout", "-s", "KILL", seconds});
      return run_really(command, server.directory());
    }});
    scene.back_up();
    server.store.draft.reset();  // the host's part, when a run ends
    server.script().local_stubs.pop_front();
    if (server.store.copies.size() > 1) server.store.copies.erase(server.store.copies.begin());  // it was faster
    CHECK(differences(snapshot(scene.copied(0)), first) == same);
  }
  scene.server.advance(std::chrono::hours(24));
  REQUIRE(scene.back_up().outcome == Outcome::ok);
  CHECK(differences(snapshot(scene.server.store.copies.back().path.string()), first) == same);
  const std::string target = scene.tree.path + "/restored";
  Restore restore({.path = scene.copied(0)}, {.directory = target});
  REQUIRE(run_task(restore, scene.server).status == MAINTAIN_OK);
  CHECK(differences(snapshot(target + scene.source), snapshot(scene.source)) == same);
}
