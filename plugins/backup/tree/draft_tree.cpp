#include "backup/tree/draft_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <utility>

namespace maintain::plugins::backup {
namespace {

class Directory {
 public:
  explicit Directory(int fd) : fd_(fd) {}
  Directory(Directory&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Directory& operator=(Directory&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Directory() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  Directory open(const char* name) const {
    return Directory(::openat(fd_, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }

 private:
  int fd_;
};

Directory open_directory(const std::string& path) {
  return Directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

struct Name {
  std::string text;
  mode_t type;  // 0 where the file system does not tell
};

// The names in it; nothing when it cannot be read.
std::optional<std::vector<Name>> names_in(const Directory& directory) {
  const int again = ::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (again < 0) return std::nullopt;
  DIR* stream = ::fdopendir(again);
  if (stream == nullptr) {
    ::close(again);
    return std::nullopt;
  }
  std::vector<Name> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.push_back({std::string(name), static_cast<mode_t>(DTTOIF(entry->d_type))});
    errno = 0;
  }
  const bool read = errno == 0;
  ::closedir(stream);
  if (!read) return std::nullopt;
  return names;
}

enum class Visit { enter, skip, failed };
struct Walk {
  // For every entry, with its path below the root. enter: go into it, when it is a directory.
  std::function<Visit(const Directory& parent, const std::string& name, const struct stat&, const std::string& path)>
      visit;
  // When all of a directory was visited; may be empty.
  std::function<bool(const Directory& parent, const std::string& name)> leave = {};
  bool types_only = false;  // of the status only the type is wanted, which a directory tells without a look at each
};

struct Level {
  std::string name;
  std::vector<Name> left;  // still to be visited
};

// Depth first, with one directory open at a time: back up goes through "..", which is safe where nobody else writes.
bool walk(const std::string& root, const Walk& steps) {
  Directory here = open_directory(root);
  if (!here) return false;
  auto names = names_in(here);
  if (!names) return false;
  std::vector<Level> levels;
  levels.push_back({"", std::move(*names)});
  std::string path;
  for (;;) {
    if (levels.back().left.empty()) {
      const std::string name = levels.back().name;
      levels.pop_back();
      if (levels.empty()) return true;
      here = Directory(::openat(here.get(), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (!here || (steps.leave && !steps.leave(here, name))) return false;
      path.resize(path.size() - std::min(path.size(), name.size() + 1));
      continue;
    }
    const auto [name, type] = std::move(levels.back().left.back());
    levels.back().left.pop_back();
    struct stat status {};
    if (steps.types_only && type != 0) status.st_mode = type;
    else if (::fstatat(here.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
    const std::string below = path.empty() ? name : path + "/" + name;
    const Visit next = steps.visit(here, name, status, below);
    if (next == Visit::failed) return false;
    if (next == Visit::skip || !S_ISDIR(status.st_mode)) continue;
    Directory inner = here.open(name.c_str());
    if (!inner) return false;
    here = std::move(inner);
    names = names_in(here);
    if (!names) return false;
    path += (path.empty() ? "" : "/") + name;
    levels.push_back({name, std::move(*names)});
  }
}

bool starts_path(const std::string& above, const std::string& path) {
  return path == above || (path.size() > above.size() && path.starts_with(above) && path[above.size()] == '/');
}

bool remove_entry(const Directory& parent, const std::string& name, bool directory) {
  return ::unlinkat(parent.get(), name.c_str(), directory ? AT_REMOVEDIR : 0) == 0;
}

}  // namespace

bool unshare_draft(const std::string& directory) {
  return walk(directory, {[](const Directory& parent, const std::string& name, const struct stat& status,
                             const std::string&) {
    if (S_ISDIR(status.st_mode) || status.st_nlink < 2) return Visit::enter;
    return remove_entry(parent, name, false) ? Visit::skip : Visit::failed;
  }});
}

bool remove_outside(const std::string& directory, const std::vector<std::string>& paths) {
  const auto any = [&](const auto& holds) { return std::any_of(paths.begin(), paths.end(), holds); };
  std::optional<std::size_t> doomed;  // how deep the walk is in what goes
  return walk(directory,
              {[&](const Directory& parent, const std::string& name, const struct stat& status,
                   const std::string& path) {
                 if (!doomed) {
                   if (any([&](const std::string& kept) { return kept.empty() || starts_path(kept, path); }))
                     return Visit::skip;
                   const bool is_above = any([&](const std::string& kept) { return starts_path(path, kept); });
                   if (is_above && S_ISDIR(status.st_mode)) return Visit::enter;
                 }
                 if (!S_ISDIR(status.st_mode)) return remove_entry(parent, name, false) ? Visit::skip : Visit::failed;
                 doomed = doomed.value_or(0) + 1;
                 return Visit::enter;
               },
               [&](const Directory& parent, const std::string& name) {
                 if (!doomed) return true;
                 doomed = *doomed == 1 ? std::nullopt : std::optional(*doomed - 1);
                 return remove_entry(parent, name, true);
               }});
}

bool distrust_since(const std::string& directory, std::int64_t moment) {
  return walk(directory, {[&](const Directory& parent, const std::string& name, const struct stat& status,
                              const std::string&) {
    // Clocks of file systems lag behind the system's by a tick.
    if (!S_ISREG(status.st_mode) || status.st_mtim.tv_sec < moment - 1) return Visit::enter;
    const struct timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, {.tv_sec = 1, .tv_nsec = 0}};
    return ::utimensat(parent.get(), name.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0 ? Visit::enter : Visit::failed;
  }});
}

std::optional<std::uint64_t> count_files(const std::string& directory) {
  std::uint64_t count = 0;
  const bool walked = walk(directory, {.visit = [&](const Directory&, const std::string&, const struct stat& status,
                                                    const std::string&) {
    if (!S_ISDIR(status.st_mode)) ++count;
    return Visit::enter;
  }, .types_only = true});
  if (!walked) return std::nullopt;
  return count;
}

bool takes_attributes(const std::string& directory) {
  constexpr const char* name = "user.maintain.test";
  if (::setxattr(directory.c_str(), name, "1", 1, 0) != 0) return false;
  ::removexattr(directory.c_str(), name);
  return true;
}

}  // namespace maintain::plugins::backup
