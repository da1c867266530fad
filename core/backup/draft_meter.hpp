// How large a draft is that others fill. Walking a tree of a million files takes seconds, or minutes where the disk has
// to be asked; whoever waits for those others cannot stand still for so long.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <unordered_set>

#include "backup/tree.hpp"
#include "base/clock.hpp"

namespace maintain {

struct DraftSize {
  std::uint64_t bytes = 0;    // of all files, each inode once
  std::uint64_t entries = 0;  // files and directories
};

class DraftMeter {
 public:
  // max_bytes: 0 or what the draft may have; which of its files are one inode is only looked at beyond that.
  explicit DraftMeter(std::uint64_t max_bytes = 0) : max_bytes_(max_bytes) {}

  // Goes on for about `slice`, more when a single directory is huge. Returns what was found so far: a draft has at
  // least that much. `whole` says whether the walk came to its end; the next call then begins another one, as it does
  // after an error. Errors: those of a walk, which a tree that changes may bring about.
  struct Found {
    DraftSize size = {};
    bool whole = false;
  };
  Result<Found> go_on(const std::filesystem::path& data, Milliseconds slice);

 private:
  Result<void> start(const std::filesystem::path& data);
  void count(const TreeEntry& entry);

  std::uint64_t max_bytes_;
  std::optional<TreeWalk> walk_ = {};
  DraftSize size_ = {};
  bool by_inode_ = false;
  std::unordered_set<ino_t> seen_ = {};
};

}  // namespace maintain
