#include "backup/zfs_helper.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "backup/zfs_stand_in.hpp"

using namespace maintain;
using namespace maintain::testing;

namespace {

const TaskKey media{"web1", "shop", "media"};
constexpr const char* id = "20261129T010203Z";

}  // namespace

TEST_CASE("zfs helper: calls for another process, which hears what zfs says") {
  const TemporaryDirectory backups;
  ZfsStandIn zfs(backups.path(), media);
  {
    auto call = start_zfs_helper("web1", zfs.calls());
    REQUIRE(call);
    const ZfsTask task{media, *call};
    write(zfs.mount_point() / "data/a", "a");
    write(zfs.mount_point() / "SHA256SUMS", "");
    write(zfs.mount_point() / "manifest.json", "{}");
    REQUIRE(task.look());
    REQUIRE(task.snapshot(id));
    CHECK(read(zfs.snapshot(id) / "data/a") == "a");
    zfs.refuse("destroy", "permission denied");
    const auto failed = task.destroy(id);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == ErrorKind::system);
    CHECK_THAT(failed.error().message, Catch::Contains("permission denied"));
    CHECK_THAT(failed.error().hint, Catch::Contains("zfs allow"));
  }
  CHECK(zfs.recorded().size() == 5);
  int status = -1;
  REQUIRE(::wait(&status) > 0);  // nobody holds it any more
  CHECK(status == 0);
}

TEST_CASE("zfs helper: does for one server what copies need, and no more") {
  const TemporaryDirectory backups;
  ZfsStandIn zfs(backups.path(), media);
  {
    auto call = start_zfs_helper("web1", zfs.calls());
    REQUIRE(call);
    for (const TaskKey& key : {TaskKey{"web1", "..", "media"}, TaskKey{"web1", "shop", "../media"},
                               TaskKey{"web1", "shop", ""}, TaskKey{"web1", "shop\xff", "media"}}) {
      const auto refused = (*call)(ZfsVerb::look, key, "");
      REQUIRE_FALSE(refused);
      CHECK(refused.error().kind == ErrorKind::refused);
    }
    for (const std::string name : {"", "%", "a", "20261129T010203Z,20261130T010203Z"})
      CHECK_FALSE((*call)(ZfsVerb::destroy, media, name));
    CHECK_FALSE((*call)(static_cast<ZfsVerb>(7), media, id));
    CHECK(zfs.recorded().empty());
    // Whose task it is was said before the confinement.
    REQUIRE((*call)(ZfsVerb::look, {"web2", "shop", "media"}, ""));
    CHECK_THAT(zfs.recorded().at(0), Catch::Contains("/web1/shop/media/_zfs]"));
  }
  REQUIRE(::wait(nullptr) > 0);
}

TEST_CASE("zfs helper: holds nothing open that its parent closes") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  {
    auto call = start_zfs_helper("web1", [](ZfsVerb, const TaskKey&, const std::string&) { return Result<void>{}; });
    REQUIRE(call);
    REQUIRE((*call)(ZfsVerb::look, media, ""));  // it has come to where it serves
    writing.reset();
    pollfd end{reading.get(), POLLIN, 0};
    CHECK(::poll(&end, 1, 5000) == 1);  // at once, unless the helper has the other end, too
  }
  REQUIRE(::wait(nullptr) > 0);
}

TEST_CASE("zfs helper: when it is gone that is an error, not a wait") {
  auto call = start_zfs_helper("web1", [](ZfsVerb, const TaskKey&, const std::string&) -> Result<void> { ::_exit(0); });
  REQUIRE(call);
  for (int i = 0; i < 2; ++i) {
    const auto failed = (*call)(ZfsVerb::look, media, "");
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == ErrorKind::system);
  }
  REQUIRE(::wait(nullptr) > 0);
}
