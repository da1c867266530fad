#include "run/confinement.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include <catch2/catch.hpp>

#include "backup/task_copies.hpp"
#include "backup/zfs_helper.hpp"
#include "base/testing.hpp"
#include "run/testing.hpp"

using namespace maintain;
using testing::in_child;

namespace {

bool can_write(const std::filesystem::path& path) {
  return static_cast<bool>(std::ofstream(path) << "x" << std::flush);
}

constexpr int no_landlock = 77;

}  // namespace

TEST_CASE("a directory is emptied, a link in its place is not followed") {
  const testing::TemporaryDirectory root;
  const auto kept = root.path() / "kept";
  const auto temporary = root.path() / "temporary";
  std::filesystem::create_directories(kept);
  std::filesystem::create_directories(temporary / "left/over");
  std::ofstream(kept / "file") << "text";
  std::filesystem::create_directory_symlink(kept, temporary / "left/link");
  remove_contents(temporary);
  CHECK(std::filesystem::is_empty(temporary));
  std::filesystem::remove(temporary);
  std::filesystem::create_directory_symlink(kept, temporary);
  remove_contents(temporary);
  CHECK_FALSE(std::filesystem::exists(std::filesystem::symlink_status(temporary)));
  CHECK(std::filesystem::exists(kept / "file"));
}

TEST_CASE("a confined process writes into its own directories only, and reads as before") {
  const testing::TemporaryDirectory root;
  const auto own = root.path() / "servers/web1";
  const auto other = root.path() / "servers/web2";
  std::filesystem::create_directories(own);
  std::filesystem::create_directories(other);
  std::ofstream(other / "there") << "text";
  const int result = in_child([&] {
    if (!allow_writing_only_in({own})) return no_landlock;
    int failures = 0;
    if (!can_write(own / "mine")) failures |= 1;
    if (can_write(other / "theirs") || can_write(other / "there")) failures |= 2;
    if (::unlink((other / "there").c_str()) == 0) failures |= 4;
    if (::rename((own / "mine").c_str(), (other / "mine").c_str()) == 0) failures |= 8;
    if (::mknod((own / "device").c_str(), S_IFCHR | 0600, 0x103) == 0) failures |= 16;
    if (!can_write("/dev/null")) failures |= 32;
    std::string text;
    std::ifstream(other / "there") >> text;
    if (text != "text") failures |= 64;
    return failures;
  });
  if (result == no_landlock) WARN("this kernel has no Landlock, or it is switched off: confinement was not tested");
  else CHECK(result == 0);
}

TEST_CASE("a confined process has zfs called by one that is not") {
  const testing::TemporaryDirectory root;
  const auto own = root.path() / "own", outside = root.path() / "outside";
  std::filesystem::create_directories(own);
  std::filesystem::create_directories(outside);
  const int result = in_child([&] {
    const auto zfs = start_zfs_helper("web1", [&](ZfsVerb, const TaskKey&, const std::string&) -> Result<void> {
      return can_write(outside / "dev-zfs") ? Result<void>{} : Result<void>(fail(ErrorKind::system, "confined"));
    });
    if (!zfs) return 1;
    if (!allow_writing_only_in({own})) return no_landlock;
    if (can_write(outside / "mine")) return 2;
    return (*zfs)(ZfsVerb::look, {"web1", "shop", "media"}, "") ? 0 : 4;
  });
  if (result == no_landlock) WARN("this kernel has no Landlock, or it is switched off: confinement was not tested");
  else CHECK(result == 0);
}

TEST_CASE("a confined process makes copies below its server's directory and nowhere else") {
  const testing::TemporaryDirectory root;
  const auto backups = root.path() / "backups";
  std::filesystem::create_directories(backups / "web1");
  std::filesystem::create_directories(backups / "web2");
  const auto made_copies = [&](const std::string& server) {
    TaskCopies copies(backups, {server, "shop", "media"});
    const Interrupt never = [] { return Result<void>{}; };
    for (int i = 0; i < 2; ++i) {  // the second links to the first, across directories
      auto draft = copies.begin({"/srv/media", "directory"}, Time(Seconds(i)), never);
      if (!draft || !draft->create("sub/file") || !draft->write("text") || !draft->close()) return false;
      CopyFacts facts;
      facts.verified = {{"test", "", {}}};
      if (i == 1) {
        std::filesystem::remove(draft->path() / "sub/file");
        if (::link((draft->base() / "sub/file").c_str(), (draft->path() / "sub/linked").c_str()) != 0) return false;
      }
      if (!draft->commit(facts, Time(Seconds(i)), never)) return false;
    }
    RetentionPolicy policy;
    policy.last = 1;
    const auto utc = [](Time time) { return std::chrono::local_seconds(time.time_since_epoch()); };
    const auto pruned = copies.prune(policy, 1, utc, false, never);
    return pruned && pruned->removed.size() == 1;
  };
  const int result = in_child([&] {
    if (!allow_writing_only_in({backups / "web1"})) return no_landlock;
    return (made_copies("web1") ? 0 : 1) | (made_copies("web2") ? 2 : 0);
  });
  if (result == no_landlock) WARN("this kernel has no Landlock, or it is switched off: confinement was not tested");
  else CHECK(result == 0);
}

TEST_CASE("programs that a confined process starts are confined too") {
  const testing::TemporaryDirectory root;
  const auto own = root.path() / "own";
  std::filesystem::create_directories(own);
  const std::string command = "echo x > " + (own / "a").string() + " && ! echo x > " + (root.path() / "b").string();
  const int result = in_child([&] {
    if (!allow_writing_only_in({own})) return no_landlock;
    ::close(STDERR_FILENO);
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    return 1;
  });
  if (result == no_landlock) WARN("this kernel has no Landlock, or it is switched off: confinement was not tested");
  else CHECK(result == 0);
}

TEST_CASE("a directory that is not there is an error and confines nothing") {
  const testing::TemporaryDirectory root;
  CHECK(in_child([&] {
          if (allow_writing_only_in({root.path() / "missing"})) return 1;
          return can_write(root.path() / "free") ? 0 : 2;
        }) == 0);
}

TEST_CASE("resources are limited and never raised") {
  CHECK(in_child([] {
          rlimit low{64, 64};
          ::setrlimit(RLIMIT_NOFILE, &low);
          limit_resources();
          rlimit files{}, core{};
          ::getrlimit(RLIMIT_NOFILE, &files);
          ::getrlimit(RLIMIT_CORE, &core);
          return files.rlim_max == 64 && core.rlim_max == 0 ? 0 : 1;
        }) == 0);
}

TEST_CASE("every server and task has directories of its own") {
  const auto directories = server_directories("/var/lib/maintain", "/backups", "/run/maintain", "web1.example.org");
  CHECK(directories.own == "/var/lib/maintain/servers/web1.example.org");
  CHECK(directories.backups == "/backups/web1.example.org");
  CHECK(directories.of_task("shop", "orders") == directories.own / "shop/orders");
  CHECK(directories.of_task("", "orders") == directories.own / "_/orders");
  const auto longest = server_directories("/s", "/b", "/run/user/1000/maintain", std::string(100, 'a'));
  CHECK(longest.control.string().size() < 50);  // ssh's socket names come behind it, 107 bytes in all
  CHECK(longest.control != directories.control);
}
