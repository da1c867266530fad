// SIGKILL at any moment: what was finished is there and whole, and the next one finishes.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <thread>

#include <catch2/catch.hpp>

#include "backup/btrfs_disk.hpp"
#include "backup/task_copies.hpp"
#include "backup/testing.hpp"
#include "base/text.hpp"

using namespace maintain;
using namespace maintain::testing;

namespace {

const TaskKey media{"web1", "shop", "media"};

DraftRequest request(bool resume) {
  DraftRequest request{"/srv/media", "directory", resume};
  request.seed = true;
  return request;
}

// Copies and removes copies until it is killed; each copy is told as one byte when it is finished.
[[noreturn]] void work(const std::filesystem::path& backups, int progress, Time start) {
  TaskCopies copies(backups, media);
  RetentionPolicy policy;
  policy.last = 2;
  for (int i = 0; i < 10'000; ++i) {
    const Time now = start + Seconds(i);
    auto draft = copies.begin(request(i % 2 == 0), now, never_interrupted);
    if (!draft) ::_exit(1);
    const bool complete = draft->data().seeded && !draft->data().resumed;
    for (int file = 0; file < 20; ++file) {
      const auto name = draft->path() / ("d" + std::to_string(file % 3)) / std::to_string(file);
      if (complete && file != 7) continue;
      std::error_code ignored;
      std::filesystem::create_directories(name.parent_path());
      std::filesystem::remove(name);
      if (file != 7 && !draft->base().empty())
        std::filesystem::create_hard_link(draft->base() / name.lexically_relative(draft->path()), name, ignored);
      if (!std::filesystem::exists(name)) write(name, std::string(1000, static_cast<char>('a' + file)));
    }
    CopyFacts facts;
    facts.verified = {{"test", "", {}}};
    if (!draft->commit(facts, now, never_interrupted)) ::_exit(2);
    { const CopyDraft gone = std::move(*draft); }
    if (::write(progress, "x", 1) != 1) ::_exit(3);
    if (!copies.prune(policy, 2, utc, false, never_interrupted)) ::_exit(4);
  }
  ::_exit(0);
}

void check_copies(const std::filesystem::path& backups, std::string& newest) {
  TaskCopies copies(backups, media);
  const auto all = copies.list();
  REQUIRE(all);
  for (const CopyManifest& manifest : *all) {
    const auto copy = copies.open(manifest.id);
    REQUIRE(copy);
    CHECK(manifest.files == 20);
    const auto report = TaskCopies::verify(*copy, 1, 1, never_interrupted);
    REQUIRE(report);
    CHECK(report->wrong.empty());
  }
  if (all->empty()) {
    CHECK(newest.empty());
    return;
  }
  CHECK_FALSE(natural_less(all->front().id, newest));
  newest = all->front().id;
  // The kill may have come before `latest` was switched; whoever writes next does it.
  REQUIRE(copies.begin(request(true), all->front().started, never_interrupted));
  CHECK(std::filesystem::read_symlink(copies_directory(backups, media) / "latest") == newest);
}

void kill_again_and_again(const std::filesystem::path& backups, int kills) {
  const unsigned seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  std::string newest;
  for (int round = 0; round < kills; ++round) {
    int progress[2];
    REQUIRE(::pipe(progress) == 0);
    const Time start = at("2026-11-01T00:00:00Z") + std::chrono::hours(round);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) work(backups, progress[1], start);
    ::close(progress[1]);
    // Every third one is killed at a random moment of its first copy, recovery included; the rest after one or two.
    if (round % 3 != 0) {
      char byte = 0;
      for (unsigned i = 0; i <= random() % 2; ++i) REQUIRE(::read(progress[0], &byte, 1) == 1);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));  // the moment of the kill
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    ::close(progress[0]);
    check_copies(backups, newest);
  }
  CHECK_FALSE(newest.empty());
}

}  // namespace

TEST_CASE("copy_crash: killed at any moment, no copy is lost or half") {
  const TemporaryDirectory directory;
  kill_again_and_again(directory.path(), 60);
}

TEST_CASE("copy_crash: no snapshot either") {
  const BtrfsDisk disk;
  if (!disk.there()) return;
  kill_again_and_again(disk.path(), 20);
  const auto task = open_directory(copies_directory(disk.path(), media) / "latest/.");
  REQUIRE(task);
  CHECK(is_subvolume(task->get(), data_name));
}
