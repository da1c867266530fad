#include "backup/snapshots.hpp"

#include <fcntl.h>

#include <catch2/catch.hpp>

#include "backup/btrfs_disk.hpp"
#include "backup/testing.hpp"

using namespace maintain;
using namespace maintain::testing;

namespace {

DraftRequest tree_request() {
  DraftRequest request{"/srv/media", "directory"};
  request.seed = true;
  return request;
}

struct Store : Copies {
  CopyDraft begin(const DraftRequest& request = tree_request()) { return Copies::begin(request); }
  CommittedCopy copy(const std::map<std::string, std::string>& changed,
                     const DraftRequest& request = tree_request()) {
    CopyDraft draft = begin(request);
    for (const auto& [name, content] : changed) write(draft.path() / name, content);
    return commit(std::move(draft));
  }
  std::vector<std::string> wrong(const std::string& id) const {
    std::vector<std::string> names;
    for (const auto& one : verify(id).wrong) names.push_back(one.file + ": " + one.problem);
    return names;
  }
  bool has_subvolume(const std::filesystem::path& copy) const {
    return is_subvolume(good(open_directory(copy)).get(), data_name);
  }
  std::size_t directories() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(task()))
      if (entry.is_directory() && !entry.is_symlink()) ++count;
    return count;
  }
};

}  // namespace

TEST_CASE("snapshots: words") {
  CHECK(snapshots_named("auto") == Snapshots::automatic);
  CHECK(snapshots_named("btrfs") == Snapshots::btrfs);
  CHECK(snapshots_named("zfs") == Snapshots::zfs);
  CHECK_FALSE(snapshots_named("xfs"));
  CHECK(sharing_named(to_string(Sharing::zfs)) == Sharing::zfs);
  CHECK(sharing_named(to_string(Sharing::btrfs)) == Sharing::btrfs);
  CHECK(sharing_named(to_string(Sharing::links)) == Sharing::links);
  CHECK_FALSE(sharing_named(""));
}

TEST_CASE("snapshots: where there are none, links it is; who asked for them is told") {
  const TemporaryDirectory directory;
  if (on_btrfs(good(open_directory(directory.path())).get())) return;
  Store store{{directory.path()}};
  DraftRequest request = tree_request();
  request.snapshots = GENERATE(Snapshots::automatic, Snapshots::links, Snapshots::btrfs, Snapshots::zfs);
  store.copy({{"a", "a"}}, request);
  const CopyDraft draft = store.begin(request);
  CHECK(draft.data().sharing == Sharing::links);
  CHECK_FALSE(draft.data().seeded);
  const bool told = request.snapshots == Snapshots::btrfs || request.snapshots == Snapshots::zfs;
  CHECK(draft.data().note.empty() != told);
}

TEST_CASE("snapshots: a copy begins with the files of the one before") {
  const BtrfsDisk disk;
  if (!disk.there()) return;
  Store store{{disk.path()}};
  CopyDraft draft = store.begin();
  CHECK_FALSE(draft.data().seeded);
  CHECK(draft.data().note.empty());
  write(draft.path() / "a", "same");
  write(draft.path() / "d/b", "old");
  write(draft.path() / "gone", "going");
  std::filesystem::create_hard_link(draft.path() / "a", draft.path() / "a2");
  const CommittedCopy first = store.commit(std::move(draft));
  CHECK(first.manifest.sharing == Sharing::btrfs);
  CHECK(first.manifest.base.empty());
  CHECK(first.manifest.new_bytes == 12);
  CHECK(store.has_subvolume(first.path));

  draft = store.begin();
  REQUIRE(draft.data().seeded);
  CHECK_FALSE(draft.data().resumed);
  CHECK(read(draft.path() / "d/b") == "old");
  write(draft.path() / "d/b", "new!");
  write(draft.path() / "e", "e");
  std::filesystem::remove(draft.path() / "gone");
  const CommittedCopy second = store.commit(std::move(draft));
  CHECK(second.manifest.base == first.manifest.id);
  CHECK(second.manifest.files == 4);
  CHECK(second.manifest.bytes == 9);
  CHECK(second.manifest.new_bytes == 5);
  CHECK(store.wrong(first.manifest.id).empty());
  CHECK(store.wrong(second.manifest.id).empty());
  CHECK(read(first.path / "data/d/b") == "old");
  CHECK(good(store.copies.list()).at(0).sharing == Sharing::btrfs);
}

TEST_CASE("snapshots: only what was not touched keeps its hash") {
  const BtrfsDisk disk;
  if (!disk.there()) return;
  Store store{{disk.path()}};
  const CommittedCopy first = store.copy({{"a", "same"}, {"b", "old"}});
  // A hash that is taken over from the list shows by being the list's, not the content's.
  std::string sums = read(first.path / "SHA256SUMS");
  sums.replace(0, 64, std::string(64, '0'));
  write(first.path / "SHA256SUMS", sums);
  CopyDraft draft = store.begin();
  struct stat before{};
  REQUIRE(::stat((draft.path() / "b").c_str(), &before) == 0);
  write(draft.path() / "b", "new");
  const struct timespec times[2] = {before.st_atim, before.st_mtim};
  REQUIRE(::utimensat(AT_FDCWD, (draft.path() / "b").c_str(), times, 0) == 0);
  const CommittedCopy second = store.commit(std::move(draft));
  CHECK(second.manifest.new_bytes == 3);
  CHECK(read(second.path / "SHA256SUMS").substr(0, 64) == std::string(64, '0'));
  CHECK(store.wrong(second.manifest.id) ==
        std::vector<std::string>{"data/a: its content has changed since it was copied"});
}

TEST_CASE("snapshots: who does not ask for the older files gets none") {
  const BtrfsDisk disk;
  if (!disk.there()) return;
  Store store{{disk.path()}};
  store.copy({{"a", "a"}});
  DraftRequest request = tree_request();
  SECTION("a dump") { request.seed = false; }
  SECTION("links are wished for") { request.snapshots = Snapshots::links; }
  const CopyDraft draft = store.begin(request);
  CHECK(draft.data().sharing == Sharing::links);
  CHECK_FALSE(draft.base().empty());
  CHECK(std::filesystem::is_empty(draft.path()));
}

TEST_CASE("snapshots: after copies with links comes one that shares nothing") {
  const BtrfsDisk disk;
  if (!disk.there()) return;
  Store store{{disk.path()}};
  DraftRequest links = tree_request();
  links.snapshots = Snapshots::links;
  store.copy({{"a", "a"}}, links);
  CopyDraft draft = store.begin();
  CHECK(draft.data().sharing == Sharing::btrfs);
  CHECK_FALSE(draft.data().seeded);
  CHECK(std::filesystem::is_empty(draft.path()));
  write(draft.path() / "a", "a");
  const CommittedCopy second = store.commit(std::move(draft));
  CHECK(second.manifest.base.empty());
  CHECK(second.manifest.new_bytes == 1);
  CHECK(store.begin().data().seeded);
}

TEST_CASE("snapshots: copies and drafts go, as root and as the owner") {
  const BtrfsDisk disk;
  if (!disk.there()) return;
  std::optional<Unprivileged> nobody;
  SECTION("root") {}
  SECTION("the owner") {
    REQUIRE(::chown(disk.path().c_str(), Unprivileged::user, Unprivileged::user) == 0);
    nobody.emplace();
  }
  Store store{{disk.path()}};
  const CommittedCopy first = store.copy({{"a", "a"}, {"d/e/b", "b"}});
  const CommittedCopy second = store.copy({{"c", "c"}});
  CHECK(second.manifest.base == first.manifest.id);
  const auto report = store.prune(1, 1);
  CHECK(report.removed == std::vector<std::string>{first.manifest.id});
  CHECK(store.directories() == 1);
  CHECK(store.wrong(second.manifest.id).empty());

  good(store.begin().discard(never_interrupted));
  CHECK(store.directories() == 1);
  // A kill in the middle of a removal, and one before the draft was known to be one.
  { const CopyDraft left = store.begin(); }
  std::filesystem::rename(store.task() / "_draft", store.task() / "_removing-20261101T030000Z");
  { const CopyDraft left = store.begin(); }
  std::filesystem::remove(store.task() / "_draft/draft.json");
  DraftRequest again = tree_request();
  again.resume = true;
  const CopyDraft draft = store.begin(again);
  CHECK(draft.data().seeded);
  CHECK_FALSE(draft.data().resumed);
  CHECK(store.directories() == 2);
}

TEST_CASE("snapshots: an interrupted draft is gone on with beside the copy that it began with") {
  const BtrfsDisk disk;
  if (!disk.there()) return;
  Store store{{disk.path()}};
  store.copy({{"a", "aaaa"}});
  { write(store.begin().path() / "partial", "x"); }
  DraftRequest again = tree_request();
  again.resume = true;
  SECTION("which is still the newest") {
    CopyDraft draft = store.begin(again);
    CHECK(draft.data().resumed);
    CHECK(draft.data().seeded);
    CHECK(read(draft.path() / "partial") == "x");
    CHECK(store.commit(std::move(draft)).manifest.new_bytes == 1);
  }
  SECTION("which is not the newest any more") {
    const auto draft = store.task() / "_draft", aside = store.task() / "_aside";
    std::filesystem::rename(draft, aside);
    store.copy({{"b", "b"}});
    std::filesystem::rename(aside, draft);
    const CopyDraft resumed = store.begin(again);
    CHECK_FALSE(resumed.data().resumed);
    CHECK(resumed.data().seeded);
    CHECK(std::filesystem::exists(resumed.path() / "b"));
    CHECK_FALSE(std::filesystem::exists(resumed.path() / "partial"));
  }
}

TEST_CASE("snapshots: where one cannot be made, links it is, and the reason is told") {
  const BtrfsDisk disk;
  if (!disk.there()) return;
  REQUIRE(::chown(disk.path().c_str(), Unprivileged::user, Unprivileged::user) == 0);
  Store store{{disk.path()}};
  {
    const Unprivileged nobody;
    const CommittedCopy first = store.copy({{"a", "a"}});
    REQUIRE(::chmod((first.path / "data").c_str(), 0755) == 0);
  }
  REQUIRE(::chown((store.task() / "latest/data").c_str(), 0, 0) == 0);  // a snapshot is for the owner
  const Unprivileged nobody;
  CopyDraft draft = store.begin();
  CHECK_THAT(draft.data().note, Catch::Contains("cannot make a snapshot"));
  CHECK(draft.data().sharing == Sharing::links);
  write(draft.path() / "b", "b");
  CHECK(store.commit(std::move(draft)).manifest.sharing == Sharing::links);
}

TEST_CASE("snapshots: what is mounted into a copy is not removed with it") {
  const BtrfsDisk disk, other;
  if (!disk.there()) return;
  Store store{{disk.path()}};
  const CommittedCopy copy = store.copy({{"a", "a"}});
  write(other.path() / "precious", "x");
  REQUIRE(::mount(other.path().c_str(), (copy.path / "data").c_str(), nullptr, MS_BIND, nullptr) == 0);
  CHECK_FALSE(store.has_subvolume(copy.path));
  CHECK_FALSE(remove_copy(good(open_directory(store.task())).get(), copy.manifest.id, {}, never_interrupted));
  CHECK(read(other.path() / "precious") == "x");
  REQUIRE(::umount2((copy.path / "data").c_str(), MNT_DETACH) == 0);
}
