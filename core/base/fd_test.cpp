#include "base/fd.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <future>

#include <catch2/catch.hpp>

using namespace maintain;
namespace fs = std::filesystem;

namespace {

struct TemporaryDirectory {
  fs::path path;
  TemporaryDirectory() {
    std::string name = (fs::temp_directory_path() / "maintain-fd-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~TemporaryDirectory() { fs::remove_all(path); }
};

}  // namespace

TEST_CASE("a file is replaced as one step and leaves nothing beside") {
  const TemporaryDirectory directory;
  const fs::path file = directory.path / "state";
  REQUIRE(write_file_atomically(file, "one", 0600));
  REQUIRE(write_file_atomically(file, "two", 0600));
  CHECK(read_file(file, 100).value() == "two");
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(std::distance(fs::directory_iterator(directory.path), fs::directory_iterator()) == 1);
}

TEST_CASE("a failed replacement leaves the old file and nothing beside") {
  const TemporaryDirectory directory;
  const fs::path target = directory.path / "occupied";
  fs::create_directories(target / "by-a-directory");
  CHECK_FALSE(write_file_atomically(target, "text"));
  CHECK(std::distance(fs::directory_iterator(directory.path), fs::directory_iterator()) == 1);
}

TEST_CASE("reading is bounded and says what is missing") {
  const TemporaryDirectory directory;
  REQUIRE(write_file_atomically(directory.path / "big", std::string(1000, 'x')));
  CHECK(read_file(directory.path / "big", 999).error().kind == ErrorKind::refused);
  CHECK(read_file(directory.path / "big", 1000).value().size() == 1000);
  CHECK(read_file(directory.path / "none", 10).error().kind == ErrorKind::not_found);
}

TEST_CASE("a lock is exclusive and free again when its holder is gone") {
  const TemporaryDirectory directory;
  const fs::path lock = directory.path / "lock";
  {
    const auto first = lock_file(lock);
    REQUIRE(first);
    CHECK(lock_file(lock).error().kind == ErrorKind::busy);
  }
  CHECK(lock_file(lock));
}

TEST_CASE("a lock that is held for a moment is waited for") {
  const TemporaryDirectory directory;
  const fs::path lock = directory.path / "lock";
  auto first = lock_file(lock);
  REQUIRE(first);
  CHECK(lock_file(lock, Milliseconds(30)).error().kind == ErrorKind::busy);
  auto second = std::async(std::launch::async, [&] { return lock_file(lock, Seconds(60)); });
  first->reset();
  CHECK(second.get());
}

TEST_CASE("directories are made with all their parents") {
  const TemporaryDirectory directory;
  CHECK(make_directories(directory.path / "a/b/c", 0700));
  CHECK(make_directories(directory.path / "a/b/c", 0700));
  REQUIRE(write_file_atomically(directory.path / "file", ""));
  CHECK_FALSE(make_directories(directory.path / "file/below"));
}
