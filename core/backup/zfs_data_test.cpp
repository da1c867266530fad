#include "backup/zfs_data.hpp"

#include <fcntl.h>

#include <catch2/catch.hpp>

#include "backup/zfs_stand_in.hpp"

using namespace maintain;
using namespace maintain::testing;
namespace fs = std::filesystem;

namespace {

const TaskKey media{"web1", "shop", "media"};

DraftRequest tree_request() {
  DraftRequest request{"/srv/media", "directory"};
  request.seed = true;
  return request;
}
DraftRequest resuming() {
  DraftRequest request = tree_request();
  request.resume = true;
  return request;
}
CopyFacts facts() { return {{{"test", "", {}}}}; }

// A new file in the place of the old one, which the stand-in's snapshots share.
void replace(const fs::path& path, const std::string& content) {
  fs::remove(path);
  write(path, content);
}

struct ZfsScene {
  TemporaryDirectory directory;
  ZfsStandIn zfs{directory.path(), media};
  TaskCopies copies{directory.path(), media, zfs.calls()};
  Time now = at("2026-11-01T03:00:00Z");

  fs::path task() const { return copies_directory(directory.path(), media); }
  CopyDraft begin(const DraftRequest& request = tree_request()) {
    return good(copies.begin(request, now, never_interrupted));
  }
  CommittedCopy commit(CopyDraft draft, const CopyFacts& of = facts()) {
    CommittedCopy copy = good(draft.commit(of, now, never_interrupted));
    now += std::chrono::hours(24);
    return copy;
  }
  CommittedCopy copy(const std::map<std::string, std::string>& changed,
                     const DraftRequest& request = tree_request()) {
    CopyDraft draft = begin(request);
    for (const auto& [name, content] : changed) replace(draft.path() / name, content);
    return commit(std::move(draft));
  }
  std::vector<std::string> wrong(const std::string& id) const {
    std::vector<std::string> names;
    for (const auto& one : good(TaskCopies::verify(good(copies.open(id)), 1, 1, never_interrupted)).wrong)
      names.push_back(one.file + ": " + one.problem);
    return names;
  }
  std::vector<std::string> snapshots() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(zfs.mount_point() / ".zfs/snapshot"))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  PruneReport keep_last(int count) {
    RetentionPolicy policy;
    policy.last = count;
    return good(copies.prune(policy, 1, utc, false, never_interrupted));
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("zfs copies: each is a snapshot, and begins with the files of the one before") {
  ZfsScene scene;
  CopyDraft draft = scene.begin();
  CHECK(draft.data().sharing == Sharing::zfs);
  CHECK_FALSE(draft.data().seeded);
  CHECK(draft.data().note.empty());
  CHECK(draft.path() == scene.zfs.mount_point() / "data");
  write(draft.path() / "a", "same");
  write(draft.path() / "d/b", "old");
  write(draft.path() / "gone", "going");
  const CommittedCopy first = scene.commit(std::move(draft));
  CHECK(first.manifest.sharing == Sharing::zfs);
  CHECK(first.manifest.new_bytes == 12);
  CHECK(fs::read_symlink(first.path / "data") == "../_zfs/.zfs/snapshot/" + first.manifest.id + "/data");
  CHECK(scene.zfs.recorded().back() == "[snapshot][tank/copies/media@" + first.manifest.id + "]");

  draft = scene.begin();
  REQUIRE(draft.data().seeded);
  CHECK_FALSE(draft.data().resumed);
  CHECK(draft.base() == scene.zfs.snapshot(first.manifest.id) / "data");
  replace(draft.path() / "d/b", "new!");
  write(draft.path() / "e", "e");
  fs::remove(draft.path() / "gone");
  const CommittedCopy second = scene.commit(std::move(draft));
  CHECK(second.manifest.base == first.manifest.id);
  CHECK(second.manifest.files == 3);
  CHECK(second.manifest.new_bytes == 5);
  CHECK(scene.wrong(first.manifest.id).empty());
  CHECK(scene.wrong(second.manifest.id).empty());
  // As a person sees it.
  CHECK(read(first.path / "data/d/b") == "old");
  CHECK(read(scene.task() / "latest/data/d/b") == "new!");
  CHECK(read(second.path / "SHA256SUMS") == read(scene.zfs.snapshot(second.manifest.id) / "SHA256SUMS"));
  CHECK(good(scene.copies.list()).at(0).sharing == Sharing::zfs);
  const OpenCopy open = good(scene.copies.open("latest"));
  CHECK(open.path == second.path);
  CHECK(open.content == scene.zfs.snapshot(second.manifest.id));
}

TEST_CASE("zfs copies: what was changed since is found") {
  ZfsScene scene;
  const CommittedCopy copy = scene.copy({{"a", "a"}});
  write(scene.zfs.snapshot(copy.manifest.id) / "data/a", "b");
  CHECK(scene.wrong(copy.manifest.id) == Names{"data/a: its content has changed since it was copied"});
}

TEST_CASE("zfs copies: only what was not touched keeps its hash") {
  ZfsScene scene;
  const CommittedCopy first = scene.copy({{"a", "same"}, {"b", "old"}});
  const fs::path list = scene.zfs.snapshot(first.manifest.id) / "SHA256SUMS";
  std::string sums = read(list);
  sums.replace(0, 64, std::string(64, '0'));
  replace(list, sums);
  const CommittedCopy second = scene.copy({{"b", "new"}});
  CHECK(second.manifest.new_bytes == 3);
  CHECK(read(second.path / "SHA256SUMS").substr(0, 64) == std::string(64, '0'));
}

TEST_CASE("zfs copies: who asks for none, or cannot have one, gets none") {
  ZfsScene scene;
  DraftRequest request = tree_request();
  SECTION("a dump") { request.seed = false; }
  SECTION("links are wished for") { request.snapshots = Snapshots::links; }
  SECTION("btrfs is wished for") { request.snapshots = Snapshots::btrfs; }
  const CopyDraft draft = scene.begin(request);
  CHECK(draft.data().sharing == Sharing::links);
  CHECK(draft.path() == scene.task() / "_draft/data");
  CHECK(scene.zfs.recorded().empty());
}

TEST_CASE("zfs copies: where the dataset cannot be used, links it is, and the reason is told") {
  ZfsScene scene;
  DraftRequest request = tree_request();
  request.snapshots = GENERATE(Snapshots::automatic, Snapshots::zfs);
  std::string why;
  SECTION("it is not there") {
    fs::remove_all(scene.zfs.mount_point());
    why = request.snapshots == Snapshots::zfs ? "has no dataset of its own" : "";
  }
  SECTION("it is a plain directory") {
    scene.zfs.answer("tank/copies\t/backups\tyes\n");
    why = "is no dataset of its own: it lies in tank/copies";
  }
  SECTION("a link has its name") {
    fs::rename(scene.zfs.mount_point(), scene.task() / "elsewhere");
    fs::create_directory_symlink("elsewhere", scene.zfs.mount_point());
    why = request.snapshots == Snapshots::zfs ? "has no dataset of its own" : "";
  }
  SECTION("zfs fails") {
    scene.zfs.refuse("list", "The ZFS modules are not loaded.\n");
    why = "`: The ZFS modules are not loaded.: unchanged files are shared by hard links";
  }
  CopyDraft draft = scene.begin(request);
  CHECK(draft.data().sharing == Sharing::links);
  CHECK(draft.data().note.empty() == why.empty());
  CHECK_THAT(draft.data().note, Catch::Contains(why));
  write(draft.path() / "a", "a");
  const CommittedCopy copy = scene.commit(std::move(draft));
  CHECK(copy.manifest.sharing == Sharing::links);
  CHECK(fs::is_directory(fs::symlink_status(copy.path / "data")));
}

TEST_CASE("zfs copies: from links to zfs and back") {
  ZfsScene scene;
  DraftRequest links = tree_request();
  links.snapshots = Snapshots::links;
  const CommittedCopy first = scene.copy({{"a", "a"}}, links);
  CopyDraft draft = scene.begin();
  CHECK(draft.data().sharing == Sharing::zfs);
  CHECK_FALSE(draft.data().seeded);
  CHECK(fs::is_empty(draft.path()));
  write(draft.path() / "a", "a");
  const CommittedCopy second = scene.commit(std::move(draft));
  CHECK(second.manifest.base.empty());
  const CommittedCopy third = scene.copy({{"a", "a"}}, links);
  CHECK(third.manifest.sharing == Sharing::links);
  // The dataset holds what the second had, and the third is the newest: not begun with that.
  CHECK(fs::is_empty(scene.begin().path()));
  for (const auto& copy : {first, second, third}) CHECK(scene.wrong(copy.manifest.id).empty());
}

TEST_CASE("zfs copies: a snapshot goes with its copy") {
  ZfsScene scene;
  const CommittedCopy first = scene.copy({{"a", "a"}}), second = scene.copy({{"b", "b"}});
  scene.zfs.recorded();
  CHECK(scene.keep_last(1).removed == Names{first.manifest.id});
  CHECK(scene.zfs.recorded().back() == "[destroy][tank/copies/media@" + first.manifest.id + "]");
  CHECK(scene.snapshots() == Names{second.manifest.id});
  CHECK_FALSE(fs::exists(first.path));
  CHECK(scene.wrong(second.manifest.id).empty());
}

TEST_CASE("zfs copies: one whose snapshot zfs keeps stays a copy") {
  ZfsScene scene;
  const CommittedCopy first = scene.copy({{"a", "a"}}), second = scene.copy({{"b", "b"}});
  scene.zfs.refuse("destroy", "cannot destroy snapshot: it's being held\n");
  RetentionPolicy policy;
  policy.last = 1;
  const auto report = scene.copies.prune(policy, 1, utc, false, never_interrupted);
  REQUIRE_FALSE(report);
  CHECK_THAT(report.error().message, Catch::Contains("it's being held"));
  CHECK(good(scene.copies.list()).size() == 2);
  CHECK(scene.wrong(first.manifest.id).empty());
  scene.zfs.refuse("destroy", "");
  CHECK(scene.keep_last(1).removed == Names{first.manifest.id});
}

TEST_CASE("zfs copies: quarantine, accept, discard") {
  ZfsScene scene;
  const CommittedCopy whole = scene.copy({{"a", "aaaa"}});
  CopyDraft draft = scene.begin();
  fs::remove(draft.path() / "a");
  const CommittedCopy empty = scene.commit(std::move(draft));
  REQUIRE(empty.manifest.state == CopyState::quarantined);
  CHECK(scene.wrong(empty.manifest.id).empty());
  CHECK(fs::is_directory(empty.path / "data"));  // as a person sees it
  CHECK(fs::is_empty(empty.path / "data"));
  SECTION("accepted") {
    good(scene.copies.accept(empty.manifest.id, scene.now));
    CHECK(scene.wrong(empty.manifest.id).empty());
    CHECK(fs::is_empty(scene.task() / "latest/data"));
    CHECK(scene.snapshots().size() == 2);
  }
  SECTION("discarded") {
    good(scene.copies.discard(empty.manifest.id, never_interrupted));
    CHECK(scene.snapshots() == Names{whole.manifest.id});
  }
  SECTION("waiting, the next one begins with what the dataset holds and is judged by the good one") {
    draft = scene.begin();
    CHECK(draft.data().seeded);
    CHECK(draft.base() == scene.zfs.snapshot(whole.manifest.id) / "data");
    write(draft.path() / "a", "aaaa");
    const CommittedCopy next = scene.commit(std::move(draft));
    CHECK(next.manifest.state == CopyState::verified);
    CHECK(next.manifest.base == whole.manifest.id);
    CHECK(scene.wrong(next.manifest.id).empty());
  }
}

TEST_CASE("zfs copies: an interrupted draft is gone on with, or leaves nothing") {
  ZfsScene scene;
  scene.copy({{"a", "aaaa"}});
  { write(scene.begin().path() / "partial", "x"); }
  SECTION("gone on with") {
    CopyDraft draft = scene.begin(resuming());
    CHECK(draft.data().resumed);
    CHECK(draft.data().seeded);
    CHECK(read(draft.path() / "partial") == "x");
    CHECK(scene.commit(std::move(draft)).manifest.new_bytes == 1);
  }
  SECTION("gone on with, within its bounds") {
    DraftRequest bounded = resuming();
    bounded.max_bytes = GENERATE(std::uint64_t{4}, std::uint64_t{100});
    const CopyDraft draft = scene.begin(bounded);
    CHECK(draft.data().resumed == (bounded.max_bytes == 100));
    CHECK(fs::exists(draft.path() / "partial") == draft.data().resumed);
  }
  SECTION("not wished") {
    const CopyDraft draft = scene.begin();
    CHECK_FALSE(draft.data().resumed);
    CHECK_FALSE(draft.data().seeded);
    CHECK(fs::is_empty(draft.path()));
  }
  SECTION("zfs is not wished for any more") {
    DraftRequest links = resuming();
    links.snapshots = Snapshots::links;
    const CopyDraft draft = scene.begin(links);
    CHECK_FALSE(draft.data().resumed);
    CHECK(draft.data().sharing == Sharing::links);
    CHECK(fs::is_empty(draft.path()));
  }
  SECTION("discarded") {
    good(scene.begin(resuming()).discard(never_interrupted));
    CHECK_FALSE(fs::exists(scene.zfs.mount_point() / "data"));
    CHECK_FALSE(fs::exists(scene.task() / "_draft"));
    CHECK(fs::is_empty(scene.begin(resuming()).path()));
  }
}

TEST_CASE("zfs copies: a kill at any step of a commit or a removal leaves no snapshot without a copy") {
  ZfsScene scene;
  const CommittedCopy first = scene.copy({{"a", "a"}});
  const std::string id = "20261105T030000Z";
  const fs::path draft = scene.task() / "_draft";
  { write(scene.begin().path() / "b", "b"); }
  // What commit() does, up to where the copy would get its name.
  write(scene.zfs.mount_point() / "SHA256SUMS", "");
  write(scene.zfs.mount_point() / "manifest.json", "{}");
  fs::create_symlink("../_zfs/.zfs/snapshot/" + id + "/data", draft / "data");
  const bool made = GENERATE(false, true);
  if (made) good(ZfsTask{media, scene.zfs.calls()}.snapshot(id));
  SECTION("the draft is gone on with") {
    CopyDraft next = scene.begin(resuming());
    CHECK(next.data().resumed);
    CHECK(scene.snapshots() == Names{first.manifest.id});
    CHECK(scene.wrong(scene.commit(std::move(next)).manifest.id).empty());
  }
  SECTION("the draft is begun again; what the dataset holds was whole") {
    const CopyDraft next = scene.begin();
    CHECK_FALSE(next.data().resumed);
    CHECK(next.data().seeded);
    CHECK(scene.snapshots() == Names{first.manifest.id});
  }
  SECTION("it was being removed") {
    fs::rename(draft, scene.task() / ("_removing-" + id));
    scene.begin();
    CHECK(scene.snapshots() == Names{first.manifest.id});
    CHECK_FALSE(fs::exists(scene.task() / ("_removing-" + id)));
  }
}

TEST_CASE("zfs copies: what could not be frozen is no copy, and is tried again") {
  ZfsScene scene;
  CopyDraft draft = scene.begin();
  write(draft.path() / "a", "a");
  std::string why;
  SECTION("no snapshot is made") {
    scene.zfs.refuse("snapshot", "cannot create snapshot: out of space\n");
    why = "out of space";
  }
  SECTION("what is made is not of this dataset") {
    const auto call = scene.zfs.calls();
    scene.copies = TaskCopies(scene.directory.path(), media, [call](ZfsVerb verb, const TaskKey& key, const auto& id) {
      return verb == ZfsVerb::snapshot ? Result<void>{} : call(verb, key, id);
    });
    { const CopyDraft gone = std::move(draft); }
    draft = scene.begin(resuming());
    why = "the snapshot was made and cannot be read";
  }
  const auto failed = draft.commit(facts(), scene.now, never_interrupted);
  REQUIRE_FALSE(failed);
  CHECK_THAT(failed.error().message, Catch::Contains(why));
  CHECK(good(scene.copies.list()).empty());
  { const CopyDraft gone = std::move(draft); }
  scene.zfs.refuse("snapshot", "");
  scene.copies = TaskCopies(scene.directory.path(), media, scene.zfs.calls());
  draft = scene.begin(resuming());
  CHECK(draft.data().resumed);
  CHECK(scene.wrong(scene.commit(std::move(draft)).manifest.id).empty());
}

TEST_CASE("zfs copies: no other link than its own leads to the files of a copy") {
  ZfsScene scene;
  const CommittedCopy first = scene.copy({{"a", "a"}}), second = scene.copy({{"b", "b"}});
  const auto lead = [&](const std::string& to) {
    fs::remove(second.path / "data");
    fs::create_symlink(to, second.path / "data");
  };
  SECTION("elsewhere") { lead("/etc"); }
  SECTION("to another copy") { lead("../_zfs/.zfs/snapshot/" + first.manifest.id + "/data"); }
  SECTION("by a detour") { lead("../_zfs/.zfs/snapshot/x/../" + second.manifest.id + "/data"); }
  SECTION("through a link") {
    const fs::path snapshot = scene.zfs.snapshot(second.manifest.id);
    fs::rename(snapshot, scene.task() / "aside");
    fs::create_directory_symlink(scene.task() / "aside", snapshot);
  }
  SECTION("to what is not mounted") { fs::rename(scene.zfs.mount_point(), scene.task() / "aside"); }
  CHECK_FALSE(scene.copies.open(second.manifest.id));
}
