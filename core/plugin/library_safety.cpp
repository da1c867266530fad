// Whose file is this, and who else could have written it?
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "plugin/catalog.hpp"

namespace maintain {
namespace {

Result<void> check_one(const std::filesystem::path& path, bool sticky_will_do) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return fail_errno("cannot stat " + path.string(), errno);
  if (status.st_uid != 0 && status.st_uid != ::geteuid())
    return fail(ErrorKind::refused,
                fmt::format("{} belongs to user {}, who is neither root nor the one maintain runs as", path.string(),
                            status.st_uid),
                fmt::format("chown root {}", path.string()));
  const bool writable = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  const bool sticky = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
  if (writable && !(sticky && sticky_will_do))
    return fail(ErrorKind::refused, fmt::format("{} can be written by group or others", path.string()),
                fmt::format("chmod go-w {}", path.string()));
  return {};
}

}  // namespace

Result<std::filesystem::path> check_library_safety(const std::filesystem::path& library) {
  std::error_code failure;
  const auto real = std::filesystem::canonical(library, failure);
  if (failure) return fail(ErrorKind::not_found, fmt::format("{}: {}", library.string(), failure.message()));
  if (!std::filesystem::is_regular_file(real, failure))
    return fail(ErrorKind::refused, real.string() + " is not a regular file");
  // In a sticky directory such as /tmp nobody can replace what is ours, but everybody can add a plugin: it may be
  // an ancestor, never the directory that holds the library.
  const std::filesystem::path holder = real.parent_path();
  for (std::filesystem::path path = real;; path = path.parent_path()) {
    if (auto safe = check_one(path, path != holder); !safe) return fail(safe.error());
    if (path == path.root_path()) return real;
  }
}

}  // namespace maintain
