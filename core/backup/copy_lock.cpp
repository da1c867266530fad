#include "backup/copy_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "backup/task_copies.hpp"

namespace maintain {

UniqueFd open_copy_lock(const std::filesystem::path& copy) {
  UniqueFd lock(::open((copy / manifest_name).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info{};
  if (!lock || ::fstat(lock.get(), &info) != 0 || !S_ISREG(info.st_mode))
    lock.reset(::open(copy.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  return lock;
}

CopyHold hold_copy(const UniqueFd& lock, const std::filesystem::path& copy, CopyUse use) {
  if (!lock) return CopyHold::gone;
  if (::flock(lock.get(), (use == CopyUse::read ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) return CopyHold::busy;
  struct stat held{}, there{};
  if (::fstat(lock.get(), &held) != 0) return CopyHold::gone;
  const std::filesystem::path path = S_ISDIR(held.st_mode) ? copy : copy / manifest_name;
  const bool same = ::lstat(path.c_str(), &there) == 0 && held.st_dev == there.st_dev && held.st_ino == there.st_ino;
  return same ? CopyHold::held : CopyHold::gone;
}

}  // namespace maintain
