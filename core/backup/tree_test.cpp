#include "backup/tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "backup/testing.hpp"

using namespace maintain;
using namespace maintain::testing;

namespace {

std::vector<std::string> paths_in(const std::filesystem::path& root) {
  std::vector<std::string> paths;
  TreeVisitor visitor;
  visitor.entry = [&](const TreeEntry& entry) -> Result<void> {
    paths.push_back(entry.path);
    return {};
  };
  const auto opened = open_directory(root);
  REQUIRE(opened);
  const auto walked = walk_tree(opened->get(), visitor, never_interrupted);
  INFO((walked ? "" : walked.error().describe()));
  REQUIRE(walked);
  return paths;
}

void remove_all_of(const std::filesystem::path& path) {
  const auto parent = open_directory(path.parent_path());
  REQUIRE(parent);
  const auto removed = remove_tree(parent->get(), path.filename(), never_interrupted);
  INFO((removed ? "" : removed.error().describe()));
  REQUIRE(removed);
}

// A chain of directories, and a file in the last one. Returns the file's path below `root`.
std::string make_deep(const std::filesystem::path& root, int levels) {
  UniqueFd current(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::string path;
  for (int i = 0; i < levels; ++i) {
    REQUIRE(::mkdirat(current.get(), "d", 0700) == 0);
    current.reset(::openat(current.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    path += "d/";
  }
  const UniqueFd file(::openat(current.get(), "end", O_WRONLY | O_CREAT, 0600));
  REQUIRE(::write(file.get(), "x", 1) == 1);
  return path + "end";
}

}  // namespace

TEST_CASE("tree: walks in the order of names") {
  const TemporaryDirectory directory;
  for (const char* name : {"b/y", "b/x", "a", "c"}) write(directory.path() / name, "");
  CHECK(paths_in(directory.path()) == std::vector<std::string>{"a", "b", "b/x", "b/y", "c"});
}

TEST_CASE("tree: goes through no symlink and opens no fifo") {
  const TemporaryDirectory directory;
  write(directory.path() / "outside/secret", "x");
  std::filesystem::create_directories(directory.path() / "root");
  std::filesystem::create_directory_symlink("../outside", directory.path() / "root/link");
  REQUIRE(::mkfifo((directory.path() / "root/fifo").c_str(), 0600) == 0);
  CHECK(paths_in(directory.path() / "root") == std::vector<std::string>{"fifo", "link"});
  remove_all_of(directory.path() / "root");
  CHECK(read(directory.path() / "outside/secret") == "x");
}

TEST_CASE("tree: ten thousand levels are walked, opened and removed") {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory.path() / "root");
  const std::string end = make_deep(directory.path() / "root", 10'000);
  CHECK(paths_in(directory.path() / "root").back() == end);
  const auto root = open_directory(directory.path() / "root");
  REQUIRE(root);
  CHECK(open_below(root->get(), end));
  remove_all_of(directory.path() / "root");
  CHECK_FALSE(std::filesystem::exists(directory.path() / "root"));
}

TEST_CASE("tree: a directory that is swapped for a symlink is not followed") {
  const TemporaryDirectory directory;
  write(directory.path() / "outside/secret", "x");
  write(directory.path() / "root/a/file", "");
  const auto root = open_directory(directory.path() / "root");
  REQUIRE(root);
  TreeVisitor visitor;
  std::vector<std::string> seen;
  visitor.entry = [&](const TreeEntry& entry) -> Result<void> {
    seen.push_back(entry.path);
    if (entry.path != "a") return {};
    std::filesystem::remove_all(directory.path() / "root/a");
    std::filesystem::create_directory_symlink("../outside", directory.path() / "root/a");
    return {};
  };
  CHECK_FALSE(walk_tree(root->get(), visitor, never_interrupted));
  CHECK(seen == std::vector<std::string>{"a"});
}

TEST_CASE("tree: a directory that is moved away while it is walked ends the walk") {
  const TemporaryDirectory directory;
  write(directory.path() / "root/a/file", "");
  std::filesystem::create_directory(directory.path() / "elsewhere");
  const auto root = open_directory(directory.path() / "root");
  REQUIRE(root);
  TreeVisitor visitor;
  visitor.entry = [&](const TreeEntry& entry) -> Result<void> {
    if (entry.path == "a/file") std::filesystem::rename(directory.path() / "root/a", directory.path() / "elsewhere/a");
    return {};
  };
  const auto walked = walk_tree(root->get(), visitor, never_interrupted);
  REQUIRE_FALSE(walked);
  CHECK(walked.error().kind == ErrorKind::refused);
}

TEST_CASE("tree: directories that nobody may enter are removed") {
  const TemporaryDirectory directory;
  write(directory.path() / "root/closed/file", "");
  REQUIRE(::chmod((directory.path() / "root/closed").c_str(), 0) == 0);
  remove_all_of(directory.path() / "root");
  CHECK_FALSE(std::filesystem::exists(directory.path() / "root"));
}

TEST_CASE("tree: open_below leads nowhere else") {
  const TemporaryDirectory directory;
  write(directory.path() / "secret", "x");
  std::filesystem::create_directory(directory.path() / "root");
  std::filesystem::create_directory_symlink("..", directory.path() / "root/up");
  const auto root = open_directory(directory.path() / "root");
  REQUIRE(root);
  for (const std::string path : {"../secret", "up/secret", "/etc/passwd", "nothing"})
    CHECK_FALSE(open_below(root->get(), path));
}

TEST_CASE("tree: an interruption ends it") {
  const TemporaryDirectory directory;
  write(directory.path() / "root/file", "");
  const auto root = open_directory(directory.path());
  REQUIRE(root);
  const auto removed = remove_tree(root->get(), "root", []() -> Result<void> {
    return fail(ErrorKind::cancelled, "stop");
  });
  REQUIRE_FALSE(removed);
  CHECK(removed.error().kind == ErrorKind::cancelled);
}
