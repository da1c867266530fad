// Walking and removing trees that a server filled: by directory descriptors, never through a symlink, never by
// recursion. A tree may be deeper than the stack and its paths longer than PATH_MAX.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/fd.hpp"

namespace maintain {

// Asked now and then by what may take long; its error ends it.
using Interrupt = std::function<Result<void>()>;

struct TreeEntry {
  int directory;            // descriptor of where it lies
  const std::string& name;  // there
  const std::string& path;  // below the root, bytes
  const struct stat& info;  // of itself, links not followed
};

// In the order of names, directories before their contents; what is told of a directory decides nothing. `leave`, when
// set, is called for a directory after its contents. Errors: of the calls, of `interrupt`, and refused when a directory
// was replaced while it was walked.
struct TreeVisitor {
  std::function<Result<void>(const TreeEntry&)> entry;
  std::function<Result<void>(int directory, const std::string& name)> leave = {};
};

// One that is gone on with now and then.
class TreeWalk {
 public:
  Result<void> start(int root);
  // One entry, or the way back out of a directory; false when nothing is left.
  Result<bool> step(const TreeVisitor& visitor);

 private:
  struct Level {
    std::string name;       // in its parent
    std::size_t path_size;  // of the parent's path
    dev_t device;
    ino_t inode;
    std::vector<std::string> names;
  };
  Result<void> enter(const std::string& name);
  Result<void> next(const TreeVisitor& visitor);
  Result<void> up(const TreeVisitor& visitor);

  UniqueFd current_;
  std::string path_;
  std::size_t parent_size_ = 0;
  std::vector<Level> levels_;
};

Result<void> walk_tree(int root, const TreeVisitor& visitor, const Interrupt& interrupt);

// Removes what is there at parent/name, whatever it is; OK when nothing is.
Result<void> remove_tree(int parent, const std::string& name, const Interrupt& interrupt);

// Opens a file below root for reading, through no symlink; the path may be longer than PATH_MAX.
Result<UniqueFd> open_below(int root, const std::string& path);

// A small file of the store, all of it. Errors: not_found; refused when it is a link, a fifo and so on, or larger than
// `limit`; system.
Result<std::string> read_plain_file(const std::filesystem::path& path, std::size_t limit);

}  // namespace maintain
