#include <catch2/catch.hpp>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "backup/tree/draft_tree.hpp"

using namespace maintain::plugins::backup;
namespace fs = std::filesystem;

namespace {

struct Tree {
  std::string root = (fs::temp_directory_path() / "draft-tree-XXXXXX").string();
  Tree() { REQUIRE(::mkdtemp(root.data()) != nullptr); }
  ~Tree() { fs::remove_all(root); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  void add(const std::string& name) const {
    fs::create_directories(fs::path(root + "/" + name).parent_path());
    std::ofstream(root + "/" + name) << name;
  }
  bool has(const std::string& name) const { return fs::exists(fs::symlink_status(root + "/" + name)); }
};

}  // namespace

TEST_CASE("plugin_backup: a draft lets go of the files it shares with its base") {
  const Tree tree;
  tree.add("base/f");
  tree.add("draft/a/own");
  fs::create_hard_link(tree.root + "/base/f", tree.root + "/draft/a/f");
  CHECK(unshare_draft(tree.root + "/draft"));
  CHECK(tree.has("base/f"));
  CHECK_FALSE(tree.has("draft/a/f"));
  CHECK(tree.has("draft/a/own"));
  CHECK_FALSE(unshare_draft(tree.root + "/nowhere"));
}

TEST_CASE("plugin_backup: a draft keeps only what belongs to the paths") {
  const Tree tree;
  for (const char* name : {"srv/media/x/1", "srv/mediathek/2", "etc/3", "old/4"}) tree.add(name);
  CHECK(remove_outside(tree.root, {"srv/media", "etc"}));
  CHECK(tree.has("srv/media/x/1"));
  CHECK(tree.has("etc/3"));
  CHECK_FALSE(tree.has("srv/mediathek"));
  CHECK_FALSE(tree.has("old"));
  CHECK(count_files(tree.root) == 2);
}

TEST_CASE("plugin_backup: links are counted, not followed") {
  const Tree tree;
  tree.add("d/1");
  fs::create_directory_symlink(tree.root + "/d", tree.root + "/link");
  CHECK(count_files(tree.root) == 2);
  CHECK_FALSE(count_files(tree.root + "/nowhere"));
}

TEST_CASE("plugin_backup: trees deeper than a path is long") {
  const Tree tree;
  tree.add("base/f");
  REQUIRE(fs::create_directories(tree.root + "/draft/old"));
  int here = ::open((tree.root + "/draft/old").c_str(), O_RDONLY | O_DIRECTORY);
  for (int depth = 0; depth < 1200; ++depth) {
    REQUIRE(::mkdirat(here, "dir", 0700) == 0);
    const int inner = ::openat(here, "dir", O_RDONLY | O_DIRECTORY);
    ::close(here);
    here = inner;
    REQUIRE(here >= 0);
  }
  REQUIRE(::linkat(AT_FDCWD, (tree.root + "/base/f").c_str(), here, "f", 0) == 0);
  REQUIRE(::mknodat(here, "own", S_IFREG | 0600, 0) == 0);
  ::close(here);
  CHECK(count_files(tree.root + "/draft") == 2);
  CHECK(unshare_draft(tree.root + "/draft"));
  CHECK(count_files(tree.root + "/draft") == 1);
  CHECK(remove_outside(tree.root + "/draft", {"srv"}));
  CHECK_FALSE(tree.has("draft/old"));
  CHECK(tree.has("base/f"));
}

TEST_CASE("plugin_backup: a file where a path needs a directory goes, too") {
  const Tree tree;
  tree.add("srv");
  CHECK(remove_outside(tree.root, {"srv/media"}));
  CHECK_FALSE(tree.has("srv"));
  CHECK(remove_outside(tree.root, {""}));
}
