#include "backup/restic.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "backup/testing.hpp"
#include "backup/zfs_stand_in.hpp"

using namespace maintain;
using namespace maintain::testing;

namespace {

bool has_restic() {
  if (run_local({.argv = {"restic", "version"}})) return true;
  WARN("skipped: restic is not installed");
  return false;
}

struct Place : Scene {
  ResticPlace place{(directory.path() / "repository").string(), secret("password", "correct horse\n"),
                    secret("environment", "RESTIC_CACHE_DIR=" + cache() + "\n")};

  std::string cache() const { return (directory.path() / "cache").string(); }
  std::filesystem::path secret(const char* name, const std::string& content) {
    write(directory.path() / name, content);
    REQUIRE(::chmod((directory.path() / name).c_str(), 0600) == 0);
    return directory.path() / name;
  }
  void bring_back(const std::string& snapshot, const std::filesystem::path& target) {
    LocalCommand restore{.argv = {"restic", "restore", snapshot, "--target", target.string()}};
    restore.environment = {{"RESTIC_REPOSITORY", place.repository},
                           {"RESTIC_PASSWORD_FILE", place.password_file.string()},
                           {"RESTIC_CACHE_DIR", cache()}};
    REQUIRE(run_local(restore)->ok());
  }
  OpenCopy add(const std::string& content) {
    dump(content);
    return good(copies.open("latest"));
  }
};

}  // namespace

TEST_CASE("restic: copies go to a repository, are listed there, are thinned out, and come back whole") {
  if (!has_restic()) return;
  Place made;
  auto restic = Restic::open(made.place);
  REQUIRE(restic);
  const auto absent = restic->snapshots({restic_tag});
  REQUIRE_FALSE(absent);
  CHECK(absent.error().kind == ErrorKind::not_found);
  CHECK_THAT(absent.error().hint, Catch::Contains("maintain backups push --init"));
  REQUIRE(restic->init());
  CHECK(restic->snapshots({restic_tag})->empty());

  const std::string rows(100'000, 'r');
  const OpenCopy first = made.add(rows);
  const auto sent = restic->backup(first, orders, "");
  REQUIRE(sent);
  const OpenCopy second = made.add(rows);
  const auto again = restic->backup(second, orders, restic->snapshots({restic_tag})->front().id);
  REQUIRE(again);
  const auto listed = restic->snapshots({restic_tag, restic_tag_of(orders)});
  REQUIRE(listed);
  REQUIRE(listed->size() == 2);
  CHECK(listed->at(0).time == first.manifest.started);
  CHECK(listed->at(1).has_tag(restic_tag_of(orders, second.manifest.id)));
  CHECK(restic->snapshots({restic_tag, restic_tag_of({"web1", "shop", "media"})})->empty());

  RetentionPolicy policy;
  policy.last = 1;
  CHECK(*restic->forget(orders, policy) == 1);
  CHECK(*restic->forget(orders, policy) == 0);
  REQUIRE(restic->prune());
  CHECK(restic->snapshots({restic_tag})->size() == 1);

  // restic itself thinks nothing of a directory that is not there.
  std::filesystem::rename(first.path / "data", first.path / "gone");
  const auto incomplete = restic->backup(first, orders, "");
  REQUIRE_FALSE(incomplete);
  CHECK_THAT(incomplete.error().message, Catch::Contains("it found 2 of 3 files"));
  CHECK(restic->snapshots({restic_tag})->size() == 1);
  std::filesystem::rename(first.path / "gone", first.path / "data");

  // What restic gives back in the copy's place is the copy.
  const TaskCopies& copies = made.copies;
  std::filesystem::remove_all(second.path);
  REQUIRE(copies.list()->size() == 1);
  made.bring_back(again->snapshot, second.path);
  const auto back = copies.open("latest");
  REQUIRE(back);
  CHECK(back->manifest.id == second.manifest.id);
  const auto report = TaskCopies::verify(*back, 1, 1, never_interrupted);
  REQUIRE(report);
  CHECK(report->files >= 1);
  CHECK(report->wrong.empty());
}

TEST_CASE("restic: of a copy in a snapshot of ZFS the files are sent, and what comes back is a copy") {
  if (!has_restic()) return;
  Place made;
  const auto restic = Restic::open(made.place);
  REQUIRE(restic->init());
  const ZfsStandIn zfs(made.backups, orders);
  TaskCopies copies(made.backups, orders, zfs.calls());
  DraftRequest request{"/srv/orders", "directory"};
  request.seed = true;
  auto draft = copies.begin(request, made.now, never_interrupted);
  REQUIRE(draft);
  write(draft->path() / "srv/orders/a", "content");
  CopyFacts facts;
  facts.verified = {{"rsync", "", {}}};
  const auto copy = draft->commit(facts, made.now, never_interrupted);
  REQUIRE(copy);
  REQUIRE(copy->manifest.sharing == Sharing::zfs);
  const auto sent = restic->backup(*copies.open("latest"), orders, "");
  REQUIRE(sent);

  // The whole pool is gone.
  std::filesystem::remove_all(made.backups);
  made.bring_back(sent->snapshot, copy->path);
  const auto back = copies.open("latest");
  REQUIRE(back);
  const auto report = TaskCopies::verify(*back, 1, 1, never_interrupted);
  REQUIRE(report);
  CHECK(report->files == 1);
  CHECK(report->wrong.empty());
}

TEST_CASE("restic: a wrong password and a lock that nobody holds any more") {
  if (!has_restic()) return;
  Place made;
  REQUIRE(Restic::open(made.place)->init());
  made.secret("password", "wrong\n");
  const auto refused = Restic::open(made.place)->snapshots({restic_tag});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::authentication);
  made.secret("password", "correct horse\n");

  const auto restic = Restic::open(made.place);
  const OpenCopy copy = made.add("rows");
  REQUIRE(restic->backup(copy, orders, ""));
  const auto endless = (made.directory.path() / "endless").string();  // opened for both ways it never ends
  REQUIRE(::mkfifo(endless.c_str(), 0600) == 0);
  const auto locks = std::filesystem::path(made.place.repository) / "locks";
  // SIGKILL, as soon as the lock has its name: to SIGTERM restic may still remove it. The directory is looked at again
  // and again because restic tells nobody of its lock; run_local() bounds it.
  LocalCommand killed{.argv = {"sh", "-c",
                               "restic backup --stdin 0<>\"$0\" & "
                               "until ls \"$1\" | grep -qE '^[0-9a-f]{64}$'; do sleep 0.05; done; kill -9 $!; wait",
                               endless, locks.string()}};
  killed.environment = {{"RESTIC_REPOSITORY", made.place.repository},
                        {"RESTIC_PASSWORD_FILE", made.place.password_file.string()},
                        {"RESTIC_CACHE_DIR", made.cache()}};
  killed.timeout = std::chrono::minutes(1);
  REQUIRE(run_local(killed));
  REQUIRE_FALSE(std::filesystem::is_empty(locks));
  const auto pruned = restic->prune();  // which needs the repository for itself
  INFO((pruned ? "" : pruned.error().describe()));
  REQUIRE(pruned);
  CHECK(std::filesystem::is_empty(locks));
}

TEST_CASE("restic: what is secret must not be open to everybody, and nothing may lack") {
  Place made;
  REQUIRE(::chmod(made.place.password_file.c_str(), 0644) == 0);
  const auto open = Restic::open(made.place);
  REQUIRE_FALSE(open);
  CHECK_THAT(open.error().message, Catch::Contains("open to everybody"));
  made.place.password_file.clear();
  CHECK_THAT(Restic::open(made.place).error().message, Catch::Contains("no password"));
  made.secret("environment", "RESTIC_PASSWORD=x\n");
  CHECK(Restic::open(made.place));
  made.place.repository.clear();
  CHECK_THAT(Restic::open(made.place).error().message, Catch::Contains("no repository"));
}
