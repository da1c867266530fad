#include "backup/task_copies.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "backup/testing.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

using namespace maintain;
using namespace maintain::testing;

TEST_CASE("task_copies: a dump becomes a copy that a person can read") {
  Scene scene;
  const CommittedCopy copy = scene.dump("the dump");
  CHECK(copy.manifest.id == "20261101T030000Z");
  CHECK(copy.manifest.state == CopyState::verified);
  CHECK(copy.manifest.bytes == 8);
  CHECK(copy.manifest.new_bytes == 8);
  CHECK(read(copy.path / "data/orders.dump") == "the dump");
  CHECK(scene.latest() == copy.manifest.id);
  CHECK(scene.ids() == std::vector<std::string>{copy.manifest.id});
  CHECK_FALSE(std::filesystem::exists(copy.path / "draft.json"));

  LocalCommand check{.argv = {"sha256sum", "--quiet", "-c", "SHA256SUMS"}};
  check.directory = copy.path.string();
  const auto done = run_local(check);
  REQUIRE(done);
  CHECK(done->ok());
}

TEST_CASE("task_copies: what did not change is shared, counted once and not read again") {
  Scene scene;
  const CommittedCopy first = scene.tree({{"a", "same"}, {"d/b", "old"}});
  // A hash that is taken over from the list shows by being the list's, not the content's.
  const std::string sums = read(first.path / "SHA256SUMS");
  const CommittedCopy second = scene.tree({{"a", "same"}, {"d/b", "new!"}});
  CHECK(second.manifest.files == 2);
  CHECK(second.manifest.bytes == 8);
  CHECK(second.manifest.new_bytes == 4);
  CHECK(second.manifest.base == first.manifest.id);
  CHECK(read(second.path / "SHA256SUMS").substr(0, 64) == sums.substr(0, 64));
  CHECK(scene.verify("latest").wrong.empty());

  std::string altered = sums;
  altered.replace(0, 64, std::string(64, '0'));
  write(second.path / "SHA256SUMS", altered);
  const CommittedCopy third = scene.tree({{"a", "same"}, {"d/b", "new!"}});
  CHECK(read(third.path / "SHA256SUMS").substr(0, 64) == std::string(64, '0'));
}

TEST_CASE("task_copies: hashes are taken over whatever the files are called") {
  Scene scene;
  std::map<std::string, std::string> files;
  for (const char* name : {"a/x", "a.txt", "a b", "a-/y", "a/x.d/z", "A", "\xff", "new\nline", "back\\slash/f"})
    files[name] = name;
  scene.tree(files);
  auto fewer = files;
  fewer.erase("a b"), fewer.erase("A"), fewer["a/0"] = "new";
  // Hashes from the list show by being the list's.
  const auto list = scene.task() / scene.latest() / "SHA256SUMS";
  std::string zeros;
  for (const std::string& line : split_lines(read(list)))
    zeros += (line[0] == '\\' ? "\\" : "") + std::string(64, '0') + line.substr(line.find("  ")) + "\n";
  write(list, zeros);
  const auto next = scene.tree(fewer);
  CHECK(next.manifest.new_bytes == 3);
  std::size_t taken_over = 0;
  for (const std::string& line : split_lines(read(next.path / "SHA256SUMS")))
    if (line.find(std::string(64, '0')) != std::string::npos) ++taken_over;
  CHECK(taken_over == files.size() - 2);
}

TEST_CASE("task_copies: an unverified copy is a base, a quarantined or damaged one is not") {
  Scene scene;
  const auto first = scene.tree({{"a", "same"}}, Scene::unproven());
  const auto second = scene.tree({{"a", "same"}}, Scene::unproven());
  CHECK(second.manifest.base == first.manifest.id);
  CHECK(second.manifest.new_bytes == 0);
  const auto empty = scene.tree({});
  REQUIRE(empty.manifest.state == CopyState::quarantined);
  CHECK(scene.tree({{"a", "same"}}, Scene::unproven()).manifest.base == second.manifest.id);
  const auto last = scene.tree({{"a", "same"}});
  SECTION("without its list") { std::filesystem::remove(last.path / "SHA256SUMS"); }
  SECTION("without its manifest") { std::filesystem::remove(last.path / "manifest.json"); }
  const auto next = scene.tree({{"a", "same"}});
  CHECK(next.manifest.base == last.manifest.base);  // the one before
  CHECK(next.manifest.new_bytes == 0);
}

TEST_CASE("task_copies: files of one inode are counted and hashed once") {
  Scene scene;
  CopyDraft draft = scene.begin();
  write(draft.path() / "a", "12345");
  std::filesystem::create_hard_link(draft.path() / "a", draft.path() / "b");
  const auto copy = good(draft.commit(Scene::facts(), scene.now, never_interrupted));
  CHECK(copy.manifest.files == 2);
  CHECK(copy.manifest.bytes == 5);
}

TEST_CASE("task_copies: what is no file is left out and named") {
  Scene scene;
  CopyDraft draft = scene.begin();
  write(draft.path() / "file", "x");
  std::filesystem::create_symlink("/etc/passwd", draft.path() / "link");
  REQUIRE(::mkfifo((draft.path() / "fifo").c_str(), 0600) == 0);
  const auto copy = good(draft.commit(Scene::facts(), scene.now, never_interrupted));
  CHECK(copy.manifest.files == 1);
  REQUIRE(copy.problems.size() == 2);
  CHECK(copy.problems[0].starts_with("fifo "));
  CHECK(copy.problems[1].starts_with("link "));
  CHECK_FALSE(std::filesystem::exists(std::filesystem::symlink_status(copy.path / "data/link")));
}

TEST_CASE("task_copies: names of files in a draft") {
  Scene scene;
  CopyDraft draft = scene.begin();
  for (const char* wrong : {"", "/a", "a/", "../a", "a/../b", ".a", "a/.b", "a//b", "a\nb", "a b"}) {
    INFO(wrong);
    const auto made = draft.create(wrong);
    REQUIRE_FALSE(made);
    CHECK(made.error().kind == ErrorKind::configuration);
  }
  CHECK_FALSE(draft.write("nothing is open"));
  CHECK_FALSE(draft.close());
  good(draft.create("dir/a-1_%2F@x"));
  CHECK_FALSE(draft.create("b"));
  CHECK_FALSE(draft.commit({}, scene.now, never_interrupted));
}

TEST_CASE("task_copies: bounds end a draft") {
  Scene scene;
  DraftRequest request = Scene::request();
  request.max_bytes = 10;
  request.max_files = 2;
  CopyDraft draft = scene.begin(request);
  good(draft.create("a"));
  good(draft.write("0123456789"));
  const auto more = draft.write("x");
  REQUIRE_FALSE(more);
  CHECK(more.error().kind == ErrorKind::refused);
  good(draft.close());
  write(draft.path() / "b", "by a program");
  CHECK_FALSE(draft.check_bounds());
  CHECK_FALSE(draft.commit(Scene::facts(), scene.now, never_interrupted));
  CHECK_FALSE(std::filesystem::exists(scene.task() / "_draft"));

  DraftRequest greedy = Scene::request();
  greedy.min_free = std::uint64_t{1} << 62;
  draft = CopyDraft({}, {}, {}, {}, {});  // lets go of the lock
  const auto refused = scene.copies.begin(greedy, scene.now, never_interrupted);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::refused);
}

TEST_CASE("task_copies: of files that are one inode the bytes count once while a draft grows") {
  Scene scene;
  DraftRequest request = Scene::request();
  request.max_bytes = 12;
  {
    CopyDraft draft = scene.begin(request);
    write(draft.path() / "a", "0123456789");
    for (const char* name : {"b", "c"}) std::filesystem::create_hard_link(draft.path() / "a", draft.path() / name);
    CHECK(draft.check_bounds());
    write(draft.path() / "d", "012");
    CHECK_FALSE(draft.check_bounds());
  }
  request.resume = true;
  request.max_bytes = 13;
  CHECK(scene.begin(request).data().resumed);
}

TEST_CASE("task_copies: what was left beyond a bound is not resumed") {
  Scene scene;
  {
    CopyDraft draft = scene.begin();
    write(draft.path() / "part", "0123456789");
    write(draft.path() / "rest", "x");
  }
  DraftRequest request = Scene::request();
  request.resume = true;
  request.max_bytes = 11;
  request.max_files = 2;
  CHECK(scene.begin(request).data().resumed);
  SECTION("of bytes") { request.max_bytes = 10; }
  SECTION("of files") { request.max_files = 1; }
  CopyDraft draft = scene.begin(request);
  CHECK_FALSE(draft.data().resumed);
  CHECK(std::filesystem::is_empty(draft.path()));
  write(draft.path() / "part", "fits");
  CHECK(good(draft.commit(Scene::facts(), scene.now, never_interrupted)).manifest.bytes == 4);
}

TEST_CASE("task_copies: directories count among the files that a draft may have") {
  Scene scene;
  DraftRequest request = Scene::request();
  request.max_files = 3;
  {
    CopyDraft draft = scene.begin(request);
    write(draft.path() / "a/b/file", "content");
    std::filesystem::create_directory(draft.path() / "c");
    CHECK_FALSE(draft.check_bounds());
    CHECK_FALSE(draft.commit(Scene::facts(), scene.now, never_interrupted));
  }
  CopyDraft draft = scene.begin(request);
  write(draft.path() / "a/b/file", "content");
  CHECK(draft.commit(Scene::facts(), scene.now, never_interrupted));
}

TEST_CASE("task_copies: what a file held before it was begun again does not count") {
  Scene scene;
  DraftRequest request = Scene::request();
  request.max_bytes = 10;
  CopyDraft draft = scene.begin(request);
  for (int tries = 0; tries < 3; ++tries) {
    good(draft.create("orders.dump"));
    good(draft.write("12345678"));
    good(draft.close());
  }
}

TEST_CASE("task_copies: one draft at a time; one that was left is resumed when asked for") {
  Scene scene;
  {
    CopyDraft draft = scene.begin();
    write(draft.path() / "part", "half");
  }
  CHECK(scene.ids().empty());
  DraftRequest request = Scene::request();
  request.resume = true;
  {
    const CopyDraft draft = scene.begin(request);
    CHECK(draft.data().resumed);
    CHECK(read(draft.path() / "part") == "half");
  }
  request.source = "PostgreSQL: customers";
  CHECK_FALSE(scene.begin(request).data().resumed);
  CHECK_FALSE(std::filesystem::exists(scene.task() / "_draft/data/part"));
  CHECK_FALSE(scene.begin().data().resumed);
  good(scene.begin().discard(never_interrupted));
  CHECK_FALSE(std::filesystem::exists(scene.task() / "_draft"));
}

TEST_CASE("task_copies: a copy that is far too small is quarantined, and nothing is removed until a person decides") {
  Scene scene;
  for (int i = 0; i < 4; ++i) scene.dump("a dump of the usual size");
  const std::string newest_good = scene.latest();
  const CommittedCopy small = scene.dump("a dump");
  CHECK(small.manifest.state == CopyState::quarantined);
  CHECK(small.manifest.reason == "6 bytes, where 24 are usual");
  CHECK(small.path.parent_path().filename() == "_quarantine");
  CHECK(scene.latest() == newest_good);
  CHECK(good(scene.copies.open("latest")).manifest.id == newest_good);

  const auto stopped = scene.prune(1, 1);
  CHECK_FALSE(stopped.stopped.empty());
  CHECK(stopped.removed.empty());
  CHECK(scene.ids().size() == 5);

  SECTION("accepted") {
    good(scene.copies.accept(small.manifest.id, scene.now));
    CHECK(scene.latest() == small.manifest.id);
    const auto copy = good(scene.copies.open(small.manifest.id));
    CHECK(copy.manifest.state == CopyState::verified);
    CHECK(copy.manifest.accepted == scene.now);
    CHECK(scene.prune(1, 1).removed.size() == 4);
  }
  SECTION("discarded") {
    good(scene.copies.discard(small.manifest.id, never_interrupted));
    CHECK(scene.ids().size() == 4);
    CHECK_FALSE(scene.copies.accept(small.manifest.id, scene.now));
  }
}

TEST_CASE("task_copies: a size that a person accepted is usual from then on") {
  Scene scene;
  for (int copies = 0; copies < 5; ++copies) scene.dump(std::string(1000, 'x'));
  const auto small = scene.dump(std::string(100, 'x'));
  REQUIRE(small.manifest.state == CopyState::quarantined);
  good(scene.copies.accept(small.manifest.id, scene.now));
  CHECK(scene.dump(std::string(101, 'x')).manifest.state == CopyState::verified);
  CHECK(scene.dump(std::string(40, 'x')).manifest.state == CopyState::quarantined);
}

TEST_CASE("task_copies: prune keeps what the policy says, and never too few") {
  Scene scene;
  for (int i = 0; i < 5; ++i) scene.dump("dump");
  const auto before = scene.ids();
  const auto dry = scene.prune(1, 3, true);
  CHECK(scene.ids() == before);
  REQUIRE(dry.copies.size() == 5);
  CHECK(dry.copies[0].fate.reasons == std::vector<std::string>{"last 1 of 1", "verified 1 of at least 3"});
  CHECK(dry.copies[2].fate.keep);
  CHECK_FALSE(dry.copies[3].fate.keep);
  const auto done = scene.prune(1, 3);
  CHECK(done.removed == std::vector<std::string>{before[4], before[3]});
  CHECK(scene.ids().size() == 3);
  CHECK_FALSE(scene.copies.prune({}, 3, utc, false, never_interrupted));
}

TEST_CASE("task_copies: unverified copies neither count nor push verified ones out") {
  Scene scene;
  const auto old = scene.dump("dump", Scene::unproven());
  const auto proven = scene.dump("dump");
  const auto young = scene.dump("dump", Scene::unproven());
  CHECK(young.manifest.state == CopyState::unverified);
  CHECK(scene.latest() == proven.manifest.id);
  CHECK(scene.prune(1, 1).removed ==
        std::vector<std::string>{old.manifest.id});
  CHECK(scene.ids() == std::vector<std::string>{young.manifest.id, proven.manifest.id});
}

TEST_CASE("task_copies: a copy that is read is not removed") {
  Scene scene;
  const auto oldest = scene.dump("dump");
  scene.dump("dump");
  {
    const OpenCopy reader = good(scene.copies.open(oldest.manifest.id));
    const auto report = scene.prune(1, 1);
    CHECK(report.busy == std::vector<std::string>{oldest.manifest.id});
    CHECK(scene.ids().size() == 2);
  }
  CHECK(scene.prune(1, 1).removed.size() == 1);
}

TEST_CASE("task_copies: which copy is meant") {
  Scene scene;
  CHECK(scene.copies.open("latest").error().kind == ErrorKind::not_found);
  const auto first = scene.dump("dump");
  const auto second = scene.dump("dump");
  CHECK(good(scene.copies.open("latest")).manifest.id == second.manifest.id);
  CHECK(good(scene.copies.open(first.manifest.id)).manifest.id == first.manifest.id);
  CHECK(good(scene.copies.open("2026-11-01T23:00:00Z")).manifest.id == first.manifest.id);
  CHECK(good(scene.copies.open("2026-11-01")).manifest.id == first.manifest.id);
  CHECK(scene.copies.open("2026-11-31").error().kind == ErrorKind::configuration);
  CHECK(scene.copies.open("2026-10-01T00:00:00Z").error().kind == ErrorKind::not_found);
  CHECK(scene.copies.open("20200101T000000Z").error().kind == ErrorKind::not_found);
  CHECK(scene.copies.open("../x").error().kind == ErrorKind::configuration);
}

TEST_CASE("task_copies: verifying finds what changed") {
  Scene scene;
  const auto copy = scene.tree({{"a", "one"}, {"b", "two"}, {"c", "three"}});
  CHECK(scene.verify("latest").files == 3);
  CHECK(scene.verify("latest").wrong.empty());
  write(copy.path / "data/b", "tw0");
  std::filesystem::remove(copy.path / "data/c");
  const auto report = scene.verify("latest");
  REQUIRE(report.wrong.size() == 2);
  CHECK(report.wrong[0].file == "data/b");
  CHECK(report.wrong[1].file == "data/c");
  const auto part = good(TaskCopies::verify(good(scene.copies.open("latest")), 1, 3, never_interrupted));
  CHECK(part.files == 1);
  CHECK(part.wrong.empty());
  write(copy.path / "SHA256SUMS", "");
  CHECK(scene.verify("latest").wrong.at(0).file == "SHA256SUMS");
}

TEST_CASE("task_copies: links in the server's directory lead to the newest good copy") {
  Scene scene;
  CopyFacts facts = Scene::facts();
  facts.links = {{"orders.gz", "orders.dump"}};
  scene.dump("first", facts);
  const auto link = scene.backups / "web1/orders.gz";
  CHECK(read(link) == "first");
  scene.dump("second", facts);
  CHECK(read(link) == "second");

  std::filesystem::remove(link);
  write(link, "the earlier bot's");
  const auto copy = scene.dump("third!", facts);
  REQUIRE(copy.problems.size() == 1);
  CHECK(copy.problems[0].find("in the way") != std::string::npos);
  CHECK(read(link) == "the earlier bot's");
}

TEST_CASE("task_copies: two copies of one second have two names") {
  Scene scene;
  const Time now = scene.now;
  scene.dump("dump");
  scene.now = now;
  CHECK(scene.dump("dump").manifest.id == copy_id(now, 2));
  CHECK(scene.ids() == std::vector<std::string>{copy_id(now, 2), copy_id(now)});
}

TEST_CASE("task_copies: what has the name of a copy and no manifest is damaged; what has not is none") {
  Scene scene;
  const std::string whole = scene.dump("dump").manifest.id;
  std::filesystem::create_directories(scene.task() / "20261103T000000Z");
  write(scene.task() / "20261104T000000Z/manifest.json", "{}");
  std::filesystem::create_directory_symlink(whole, scene.task() / "20261105T000000Z");
  std::filesystem::create_directories(scene.task() / "20261106T000000Z");
  REQUIRE(::mkfifo((scene.task() / "20261106T000000Z/manifest.json").c_str(), 0600) == 0);  // nobody will write to it
  write(scene.task() / "20261107T000000Z/manifest.json", read(scene.task() / whole / "manifest.json"));
  std::filesystem::create_directories(scene.task() / "old");
  CHECK(scene.ids() == std::vector<std::string>{"20261107T000000Z", "20261106T000000Z", "20261104T000000Z",
                                                "20261103T000000Z", whole});
  const auto all = scene.all();
  for (std::size_t i = 0; i < 4; ++i) {
    INFO(all[i].id);
    CHECK(all[i].state == CopyState::damaged);
    CHECK(all[i].started == *time_of_copy(all[i].id));
  }
  CHECK_THAT(all[0].damage, Catch::Contains("manifest.json is that of " + whole));
  CHECK_THAT(all[1].damage, Catch::Contains("is no file"));
  CHECK_THAT(all[2].damage, Catch::Contains("not the manifest of a copy"));
  CHECK_THAT(all[3].damage, Catch::Contains("manifest.json does not exist"));
  CHECK(good(scene.copies.open("latest")).manifest.id == whole);

  const auto report = scene.prune(1, 1);
  CHECK_THAT(report.stopped, Catch::StartsWith("20261107T000000Z is damaged (its manifest.json is that of"));
  CHECK_THAT(report.stopped, Catch::EndsWith("maintain backups accept web1 shop/orders 20261107T000000Z --discard"));
  for (std::size_t i = 0; i < 4; ++i) good(scene.copies.discard(all[i].id, never_interrupted));
  CHECK(scene.ids() == std::vector<std::string>{whole});
  CHECK(scene.prune(1, 1).stopped.empty());
}

TEST_CASE("task_copies: a link in place of the quarantine leads to no copy of another task") {
  Scene scene;
  const auto copy = scene.dump("dump");
  TaskCopies others(scene.backups, {"web2", "shop", "orders"});
  const auto directory = copies_directory(scene.backups, {"web2", "shop", "orders"});
  std::filesystem::create_directories(directory);
  std::filesystem::create_directory_symlink(scene.task(), directory / "_quarantine");
  CHECK(good(others.list()).empty());
  CHECK(others.discard(copy.manifest.id, never_interrupted).error().kind == ErrorKind::not_found);
  CHECK(others.accept(copy.manifest.id, scene.now).error().kind == ErrorKind::not_found);
  CHECK(scene.ids().size() == 1);
}

TEST_CASE("task_copies: all tasks below the directory of copies") {
  Scene scene;
  scene.dump("dump");
  std::filesystem::create_directories(scene.backups / "web1/_/old");
  std::filesystem::create_directories(scene.backups / "web1/shop/.hidden");
  write(scene.backups / "web1/file", "");
  std::filesystem::create_directory_symlink("shop", scene.backups / "web1/link");
  CHECK(tasks_with_copies(scene.backups) == std::vector<TaskKey>{{"web1", "", "old"}, orders});
  CHECK(tasks_with_copies(scene.backups / "none").empty());
}
