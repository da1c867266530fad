#include "backup/tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/text.hpp"

namespace maintain {
namespace {

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;

std::string shown(const std::string& path) { return path.empty() ? "the top" : shorten(printable(path), 300); }

Result<std::vector<std::string>> names_in(int directory, const std::string& path) {
  const int copy = ::openat(directory, ".", directory_flags);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(copy >= 0 ? ::fdopendir(copy) : nullptr, ::closedir);
  if (!stream) {
    if (copy >= 0) ::close(copy);
    return fail_errno("cannot list " + shown(path), errno);
  }
  std::vector<std::string> names;
  for (errno = 0; const dirent* one = ::readdir(stream.get()); errno = 0) {
    const std::string_view name = one->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return fail_errno("cannot list " + shown(path), errno);
  std::sort(names.begin(), names.end(), std::greater<>());  // the next one is at the back
  return names;
}

// A server chose the modes, and we must be able to empty its directories. chmod(2) by name would follow a symlink.
void make_accessible(int directory, const std::string& name) {
  const UniqueFd handle(::openat(directory, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (handle) ::chmod(fmt::format("/proc/self/fd/{}", handle.get()).c_str(), 0700);
}

Result<void> unlink_at(int directory, const std::string& name, int flags) {
  if (::unlinkat(directory, name.c_str(), flags) == 0 || errno == ENOENT) return {};
  return fail_errno("cannot remove " + shown(name), errno);
}

}  // namespace

Result<void> TreeWalk::start(int root) {
  current_.reset(::openat(root, ".", directory_flags));
  if (!current_) return fail_errno("cannot open the top of a tree", errno);
  path_.clear();
  parent_size_ = 0;
  levels_.clear();
  return enter("");
}

Result<bool> TreeWalk::step(const TreeVisitor& visitor) {
  if (levels_.empty()) return false;
  if (auto done = levels_.back().names.empty() ? up(visitor) : next(visitor); !done) return fail(done.error());
  return !levels_.empty();
}

// current_ has become a directory called `name`.
Result<void> TreeWalk::enter(const std::string& name) {
  struct stat info{};
  if (::fstat(current_.get(), &info) != 0) return fail_errno("cannot look at " + shown(path_), errno);
  auto names = names_in(current_.get(), path_);
  if (!names) return fail(names.error());
  levels_.push_back({name, parent_size_, info.st_dev, info.st_ino, std::move(*names)});
  return {};
}

Result<void> TreeWalk::next(const TreeVisitor& visitor) {
  const std::string name = std::move(levels_.back().names.back());
  levels_.back().names.pop_back();
  parent_size_ = path_.size();
  if (!path_.empty()) path_ += '/';
  path_ += name;
  struct stat info{};
  if (::fstatat(current_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno != ENOENT) return fail_errno("cannot look at " + shown(path_), errno);
    path_.resize(parent_size_);
    return {};
  }
  if (auto visited = visitor.entry({current_.get(), name, path_, info}); !visited) return visited;
  if (!S_ISDIR(info.st_mode)) {
    path_.resize(parent_size_);
    return {};
  }
  if (info.st_dev != levels_.back().device)
    return fail(ErrorKind::refused, shown(path_) + " is another file system, mounted into a copy");
  UniqueFd child(::openat(current_.get(), name.c_str(), directory_flags));
  if (!child) return fail_errno("cannot open " + shown(path_), errno);
  current_ = std::move(child);
  return enter(name);
}

Result<void> TreeWalk::up(const TreeVisitor& visitor) {
  const Level left = std::move(levels_.back());
  levels_.pop_back();
  if (levels_.empty()) return {};
  UniqueFd parent(::openat(current_.get(), "..", directory_flags));
  struct stat info{};
  if (!parent || ::fstat(parent.get(), &info) != 0) return fail_errno("cannot leave " + shown(path_), errno);
  if (info.st_ino != levels_.back().inode || info.st_dev != levels_.back().device)
    return fail(ErrorKind::refused, shown(path_) + " was moved while it was walked");
  current_ = std::move(parent);
  path_.resize(left.path_size);
  return visitor.leave ? visitor.leave(current_.get(), left.name) : Result<void>{};
}

Result<void> walk_tree(int root, const TreeVisitor& visitor, const Interrupt& interrupt) {
  TreeWalk walk;
  if (auto started = walk.start(root); !started) return started;
  for (bool more = true; more;) {
    if (auto go_on = interrupt(); !go_on) return go_on;
    auto step = walk.step(visitor);
    if (!step) return fail(step.error());
    more = *step;
  }
  return {};
}

Result<void> remove_tree(int parent, const std::string& name, const Interrupt& interrupt) {
  struct stat info{};
  if (::fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? Result<void>{} : Result<void>(fail_errno("cannot look at " + shown(name), errno));
  if (!S_ISDIR(info.st_mode)) return unlink_at(parent, name, 0);
  if ((info.st_mode & 0700) != 0700) make_accessible(parent, name);
  const UniqueFd root(::openat(parent, name.c_str(), directory_flags));
  if (!root) return fail_errno("cannot open " + shown(name), errno);
  TreeVisitor visitor;
  visitor.entry = [](const TreeEntry& entry) -> Result<void> {
    if (!S_ISDIR(entry.info.st_mode)) return unlink_at(entry.directory, entry.name, 0);
    if ((entry.info.st_mode & 0700) != 0700) make_accessible(entry.directory, entry.name);
    return {};
  };
  visitor.leave = [](int directory, const std::string& child) { return unlink_at(directory, child, AT_REMOVEDIR); };
  if (auto walked = walk_tree(root.get(), visitor, interrupt); !walked) return walked;
  return unlink_at(parent, name, AT_REMOVEDIR);
}

Result<UniqueFd> open_below(int root, const std::string& path) {
  constexpr int file_flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  open_how how{};
  how.flags = file_flags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  UniqueFd fd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
  if (fd) return fd;
  if (errno != ENAMETOOLONG && errno != ENOSYS) return fail_errno("cannot open " + shown(path), errno);
  const std::vector<std::string> parts = split(path, '/');
  UniqueFd directory(::openat(root, ".", directory_flags));
  for (std::size_t i = 0; directory && i + 1 < parts.size(); ++i) {
    if (parts[i] == "..") return fail(ErrorKind::refused, shown(path) + " leads out of the copy");
    directory.reset(::openat(directory.get(), parts[i].c_str(), directory_flags));
  }
  if (directory) fd.reset(::openat(directory.get(), parts.back().c_str(), file_flags));
  if (!fd) return fail_errno("cannot open " + shown(path), errno);
  return fd;
}

Result<std::string> read_plain_file(const std::filesystem::path& path, std::size_t limit) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd && errno == ENOENT) return fail(ErrorKind::not_found, path.string() + " does not exist");
  struct stat info{};
  if (!fd || ::fstat(fd.get(), &info) != 0) return fail_errno("cannot open " + path.string(), errno);
  if (!S_ISREG(info.st_mode)) return fail(ErrorKind::refused, path.string() + " is no file");
  std::string content(limit + 1, '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t got = ::read(fd.get(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("cannot read " + path.string(), errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > limit) return fail(ErrorKind::refused, fmt::format("{} is larger than {} bytes", path.string(), limit));
  content.resize(size);
  return content;
}

}  // namespace maintain
