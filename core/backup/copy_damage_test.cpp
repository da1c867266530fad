#include "backup/copy_damage.hpp"

#include <catch2/catch.hpp>

#include "backup/testing.hpp"

using namespace maintain;
using namespace maintain::testing;

TEST_CASE("copy_damage: a mark is kept beside the copy until it is cleared") {
  const TemporaryDirectory copy;
  CHECK(damage_of(copy.path()).empty());
  good(clear_damage(copy.path()));
  good(mark_damaged(copy.path(), {at("2026-11-29T01:02:03Z"), {{"data/a\n", "is no file"}, {"data/\xff", "x"}}}));
  CHECK(damage_of(copy.path()) == "data/a : is no file, and 1 file more; found 2026-11-29T01:02:03Z");
  good(clear_damage(copy.path()));
  CHECK(damage_of(copy.path()).empty());
}

TEST_CASE("copy_damage: a mark that cannot be read is one") {
  const TemporaryDirectory copy;
  for (const char* text : {"", "{", "{}", R"({"found":"yesterday","wrong":[]})",
                           R"({"found":"2026-11-29T01:02:03Z","wrong":[{"file":1}]})"}) {
    write(copy.path() / "damaged.json", text);
    CHECK_THAT(damage_of(copy.path()), Catch::Contains("damaged.json cannot be read"));
  }
}

TEST_CASE("copy_damage: a copy in which something is wrong counts no more, until all of it was found whole") {
  Scene scene;
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(scene.dump("dump " + std::to_string(i)).manifest.id);
  const auto rotten = scene.task() / ids[2] / "data/orders.dump";
  write(rotten, "dump X");
  CHECK(scene.verify_and_remember("latest") == std::vector<std::string>{ids[2]});
  CHECK(scene.state_of(ids[2]) == CopyState::damaged);
  CHECK_THAT(scene.all().front().damage, Catch::Contains("data/orders.dump: its content has changed"));
  CHECK(scene.latest() == ids[1]);
  CHECK(good(scene.copies.open("latest")).manifest.id == ids[1]);
  CHECK(good(scene.copies.open("2026-11-30")).manifest.id == ids[1]);
  CHECK(good(scene.copies.open(ids[2])).manifest.state == CopyState::damaged);
  CHECK(scene.copies.accept(ids[2], scene.now).error().kind == ErrorKind::not_found);

  const PruneReport stopped = scene.prune(1, 1);
  CHECK_THAT(stopped.stopped, Catch::StartsWith(ids[2] + " is damaged (data/orders.dump: "));
  CHECK(stopped.removed.empty());
  CHECK(stopped.copies[0].fate.keep);
  CHECK(stopped.copies[1].fate.reasons.front() == "last 1 of 1");
  CHECK_FALSE(stopped.copies[2].fate.keep);

  SECTION("it is whole again") {
    write(rotten, "dump 2");
    const OpenCopy copy = good(scene.copies.open(ids[2]));
    const auto part = good(TaskCopies::verify(copy, 1, 2, never_interrupted));
    CHECK(good(scene.copies.remember(copy, part, scene.now)).empty());
    CHECK(scene.state_of(ids[2]) == CopyState::damaged);  // the other part may be the wrong one
    CHECK(scene.verify_and_remember(ids[2]).empty());
    CHECK(scene.state_of(ids[2]) == CopyState::verified);
    CHECK(scene.latest() == ids[2]);
  }
  SECTION("it is discarded") {
    good(scene.copies.discard(ids[2], never_interrupted));
    CHECK(scene.prune(1, 1).removed == std::vector<std::string>{ids[0]});
  }
  SECTION("no other one is good") {
    for (const auto& id : {ids[0], ids[1]}) {
      write(scene.task() / id / "data/orders.dump", "dump Y");
      scene.verify_and_remember(id);
    }
    CHECK(scene.latest().empty());
    CHECK(scene.copies.open("latest").error().kind == ErrorKind::not_found);
  }
}

TEST_CASE("copy_damage: the copies that share the file are damaged, too; what follows shares none of it") {
  Scene scene;
  const auto first = scene.tree({{"a", "same"}, {"b", "one"}});
  const auto second = scene.tree({{"a", "same"}, {"b", "two"}});
  const auto third = scene.tree({{"a", "other"}, {"b", "two"}});
  write(first.path / "data/a", "rot!");  // the inode of the second's, too
  CHECK(scene.verify_and_remember(second.manifest.id) ==
        std::vector<std::string>{second.manifest.id, first.manifest.id});
  CHECK(scene.state_of(third.manifest.id) == CopyState::verified);
  CHECK_THAT(scene.all().back().damage, Catch::Contains("(shared with " + second.manifest.id + ")"));
  write(third.path / "data/b", "t0o");
  CHECK(scene.verify_and_remember("latest") == std::vector<std::string>{third.manifest.id});  // the second is known
  const auto next = scene.tree({{"a", "same"}, {"b", "two"}});
  CHECK(next.manifest.base.empty());
  CHECK(scene.verify("latest").wrong.empty());
}

TEST_CASE("copy_damage: without its manifest or its list a copy is not whole") {
  Scene scene;
  const auto copy = scene.dump("dump");
  std::string missing;
  SECTION("the manifest") { missing = "manifest.json"; }
  SECTION("the list") { missing = "SHA256SUMS"; }
  std::filesystem::remove(copy.path / missing);
  REQUIRE(scene.verify(copy.manifest.id).wrong.size() == 1);
  CHECK(scene.verify(copy.manifest.id).wrong[0].file == missing);
  CHECK(scene.verify_and_remember(copy.manifest.id) == std::vector<std::string>{copy.manifest.id});
  CHECK(scene.state_of(copy.manifest.id) == CopyState::damaged);
}

TEST_CASE("copy_damage: a quarantined copy stays one, and is not accepted when it is damaged") {
  Scene scene;
  const auto empty = scene.dump("");
  REQUIRE(empty.manifest.state == CopyState::quarantined);
  write(empty.path / "data/orders.dump", "x");
  CHECK(scene.verify_and_remember(empty.manifest.id) == std::vector<std::string>{empty.manifest.id});
  CHECK(scene.state_of(empty.manifest.id) == CopyState::quarantined);
  CHECK(scene.copies.accept(empty.manifest.id, scene.now).error().kind == ErrorKind::refused);
  good(scene.copies.discard(empty.manifest.id, never_interrupted));
}

TEST_CASE("copy_damage: while a copy is being written, the next one moves the link") {
  Scene scene;
  const auto first = scene.dump("dump"), second = scene.dump("dump");
  write(second.path / "data/orders.dump", "rats");
  {
    const CopyDraft draft = scene.begin();
    CHECK(scene.verify_and_remember("latest").size() == 1);
    CHECK(scene.latest() == second.manifest.id);
  }
  const CopyDraft draft = scene.begin();
  CHECK(scene.latest() == first.manifest.id);
}
