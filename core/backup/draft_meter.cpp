#include "backup/draft_meter.hpp"

#include "backup/task_copies.hpp"

namespace maintain {
namespace {

constexpr int steps_between_looks_at_the_clock = 64;

}  // namespace

Result<void> DraftMeter::start(const std::filesystem::path& data) {
  size_ = {};
  seen_.clear();
  walk_.reset();
  const auto root = open_directory(data);
  if (!root) return fail(root.error());
  TreeWalk walk;
  if (auto started = walk.start(root->get()); !started) return started;
  walk_ = std::move(walk);
  return {};
}

void DraftMeter::count(const TreeEntry& entry) {
  ++size_.entries;
  if (!S_ISREG(entry.info.st_mode)) return;
  if (by_inode_ && entry.info.st_nlink > 1 && !seen_.insert(entry.info.st_ino).second) return;
  size_.bytes += static_cast<std::uint64_t>(entry.info.st_size);
}

Result<DraftMeter::Found> DraftMeter::go_on(const std::filesystem::path& data, Milliseconds slice) {
  const Steady end = std::chrono::steady_clock::now() + slice;
  TreeVisitor visitor;
  visitor.entry = [this](const TreeEntry& entry) -> Result<void> {
    count(entry);
    return {};
  };
  if (!walk_)
    if (auto started = start(data); !started) return fail(started.error());
  for (int steps = 1;; ++steps) {
    const auto more = walk_->step(visitor);
    if (!more || !*more) walk_.reset();
    if (!more) return fail(more.error());
    if (max_bytes_ != 0 && size_.bytes > max_bytes_ && !by_inode_) {
      // Files may have counted several times. Most drafts never come here, and need no memory of their inodes.
      by_inode_ = true;
      if (auto again = start(data); !again) return fail(again.error());
      continue;
    }
    if (!*more) return Found{size_, true};
    if (steps % steps_between_looks_at_the_clock == 0 && std::chrono::steady_clock::now() >= end)
      return Found{size_, false};
  }
}

}  // namespace maintain
