#include "backup/copy_lock.hpp"

#include "backup/testing.hpp"

using namespace maintain;
using namespace maintain::testing;

TEST_CASE("copy_lock: who reads keeps the one who removes away, and the other way round") {
  Scene scene;
  const auto copy = scene.dump("dump").path;
  UniqueFd first = open_copy_lock(copy);
  const UniqueFd second = open_copy_lock(copy), third = open_copy_lock(copy);
  CHECK(hold_copy(first, copy, CopyUse::read) == CopyHold::held);
  CHECK(hold_copy(second, copy, CopyUse::read) == CopyHold::held);
  CHECK(hold_copy(third, copy, CopyUse::remove) == CopyHold::busy);
  first.reset();
  CHECK(hold_copy(second, copy, CopyUse::remove) == CopyHold::held);
  CHECK(hold_copy(third, copy, CopyUse::read) == CopyHold::busy);
}

TEST_CASE("copy_lock: what was removed, moved or replaced between opening and locking is not held") {
  Scene scene;
  const auto copy = scene.dump("dump").path;
  const auto manifest = copy / "manifest.json";
  bool by_directory = false;
  SECTION("by its manifest") {}
  SECTION("by its directory, when it has no manifest") {
    by_directory = true;
    std::filesystem::remove(manifest);
  }
  const UniqueFd opened = open_copy_lock(copy);
  REQUIRE(opened);
  CHECK(hold_copy(opened, copy, CopyUse::read) == CopyHold::held);
  const auto away = scene.task() / "_removing-x";
  std::filesystem::rename(copy, away);
  CHECK(hold_copy(opened, copy, CopyUse::read) == CopyHold::gone);
  std::filesystem::create_directory(copy);
  if (!by_directory) std::filesystem::copy_file(away / "manifest.json", manifest);
  CHECK(hold_copy(opened, copy, CopyUse::read) == CopyHold::gone);
  CHECK(hold_copy(open_copy_lock(copy), copy, CopyUse::read) == CopyHold::held);
  std::filesystem::remove_all(copy);
  CHECK(hold_copy(open_copy_lock(copy), copy, CopyUse::read) == CopyHold::gone);
}
