#include "backup/zfs.hpp"

#include <catch2/catch.hpp>

#include "backup/zfs_stand_in.hpp"

using namespace maintain;
using namespace maintain::testing;

namespace {

const TaskKey media{"web1", "shop", "media"};
constexpr const char* id = "20261129T010203Z";

std::string refusal(std::string_view output) {
  const auto name = parse_dataset(output, "/b/web1/shop/media/_zfs");
  REQUIRE_FALSE(name);
  CHECK(name.error().kind == ErrorKind::refused);
  return name.error().describe();
}

}  // namespace

TEST_CASE("zfs: what is mounted in the directory of a task, and nothing else, is its dataset") {
  const std::string path = "/b/web1/shop/media/_zfs";
  for (const std::string name : {"tank", "tank/copies/media", "tank/My copies:1_a.b-c"}) {
    const auto found = parse_dataset(name + "\t" + path + "\tyes\n", path);
    REQUIRE(found);
    CHECK(*found == name);
  }
  CHECK_THAT(refusal("tank/copies\t/b\tyes\n"),
             Catch::Contains("is no dataset of its own: it lies in tank/copies, whose mountpoint is /b") &&
                 Catch::Contains("zfs create -o mountpoint=/b/web1/shop/media/_zfs tank/copies/NAME"));
  CHECK_THAT(refusal("tank/copies/other\t/b/web2/shop/media/_zfs\tyes\n"), Catch::Contains("no dataset of its own"));
  CHECK_THAT(refusal("tank/copies/media\tlegacy\tyes\n"), Catch::Contains("whose mountpoint is legacy"));
  CHECK_THAT(refusal("tank/copies/media\t" + path + "\tno\n"), Catch::Contains("tank/copies/media is not mounted"));
  for (const std::string name : {"tank/a@b", "tank/a#b", "tank/a,b", "tank/a%b", "-r", "/tank", "", "tank/a\nb"})
    CHECK_FALSE(parse_dataset(name + "\t" + path + "\tyes\n", path));
  for (const std::string output : {"", "\n", "tank\n", "tank\t/b\n", "a\tb\tyes\nc\td\tyes\n", "a\tb\tyes\tx\n"})
    CHECK_THAT(refusal(output), Catch::Contains("does not say what is mounted"));
}

TEST_CASE("zfs: the command lines") {
  const TemporaryDirectory backups;
  ZfsStandIn zfs(backups.path(), media);
  const ZfsTask task{media, zfs.calls()};
  const std::string list =
      "[list][-H][-t][filesystem][-o][name,mountpoint,mounted][" + zfs.mount_point().string() + "]";
  REQUIRE(task.look());
  CHECK(zfs.recorded() == std::vector<std::string>{list});
  write(zfs.mount_point() / "data/a", "a");
  write(zfs.mount_point() / "SHA256SUMS", "");
  write(zfs.mount_point() / "manifest.json", "{}");
  REQUIRE(task.snapshot(id));
  CHECK(zfs.recorded() == std::vector<std::string>{list, "[snapshot][tank/copies/media@20261129T010203Z]"});
  CHECK(read(zfs.snapshot(id) / "data/a") == "a");
  REQUIRE(task.destroy(id));
  CHECK(zfs.recorded() == std::vector<std::string>{list, "[destroy][tank/copies/media@20261129T010203Z]"});
}

TEST_CASE("zfs: what is no name of a copy is no name of a snapshot") {
  const TemporaryDirectory backups;
  ZfsStandIn zfs(backups.path(), media);
  const ZfsTask task{media, zfs.calls()};
  for (const std::string name : {"", "%", "a,b", "20261129T010203Z,20261130T010203Z", "20261129T010203Z%", "../x"}) {
    const auto done = task.destroy(name);
    REQUIRE_FALSE(done);
    CHECK(done.error().kind == ErrorKind::refused);
  }
  for (const auto& call : zfs.recorded()) CHECK_THAT(call, Catch::StartsWith("[list]"));
}

TEST_CASE("zfs: another dataset than the task's own is left alone") {
  const TemporaryDirectory backups;
  ZfsStandIn zfs(backups.path(), media);
  zfs.answer("tank/copies/other\t/backups/web2/shop/media/_zfs\tyes\n");
  const ZfsTask task{media, zfs.calls()};
  CHECK_FALSE(task.look());
  CHECK_FALSE(task.snapshot(id));
  CHECK_FALSE(task.destroy(id));
  const auto calls = zfs.recorded();
  CHECK(calls.size() == 3);
  for (const auto& call : calls) CHECK_THAT(call, Catch::StartsWith("[list]"));
}

TEST_CASE("zfs: the mount point is compared as the system has it") {
  const TemporaryDirectory backups;
  const auto real = backups.path() / "real", link = backups.path() / "link";
  std::filesystem::create_directory(real);
  std::filesystem::create_directory_symlink(real, link);
  ZfsStandIn zfs(real, media);
  REQUIRE(ZfsTask{media, zfs_calls(link, zfs.program().string())}.look());
  CHECK(zfs.recorded().at(0).find(zfs.mount_point().string()) != std::string::npos);
}

TEST_CASE("zfs: what it says when it fails is told, with what to do") {
  const TemporaryDirectory backups;
  ZfsStandIn zfs(backups.path(), media);
  const ZfsTask task{media, zfs.calls()};
  zfs.refuse("snapshot", "cannot create snapshots : permission denied\n");
  auto failed = task.snapshot(id);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().describe() ==
        "`zfs snapshot tank/copies/media@20261129T010203Z`: cannot create snapshots : permission denied "
        "(as root: zfs allow -u USER snapshot,destroy,mount tank/copies/media)");
  zfs.refuse("destroy", "cannot destroy 'x': snapshot has dependent clones\n");
  failed = task.destroy(id);
  REQUIRE_FALSE(failed);
  CHECK_THAT(failed.error().describe(), Catch::Contains("dependent clones (see `zfs list"));
  failed = ZfsTask{media, zfs_calls(backups.path(), "/nonexistent/zfs")}.look();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().hint == "apt-get install zfsutils-linux");
}
