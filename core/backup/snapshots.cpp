#include "backup/snapshots.hpp"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "backup/task_copies.hpp"
#include "backup/zfs_data.hpp"
#include "base/fd.hpp"

namespace maintain {
namespace {

constexpr ino_t root_inode = 256;  // of every subvolume; BTRFS_FIRST_FREE_OBJECTID

template <std::size_t size>
Result<void> put_name(char (&into)[size], const std::string& name) {
  if (name.size() >= size || name.find('/') != std::string::npos)
    return fail(ErrorKind::internal, "'" + name + "' cannot be the name of a subvolume");
  std::memcpy(into, name.c_str(), name.size() + 1);
  return {};
}

Result<void> for_owner_alone(int directory, const std::string& name) {
  if (::fchmodat(directory, name.c_str(), 0700, 0) == 0) return {};
  return fail_errno("cannot set the mode of " + name, errno);
}

// Nothing on kernels older than 5.8.
std::optional<std::uint64_t> mount_of(int directory, const std::string& name) {
  struct statx info{};
  const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH;
  if (::statx(directory, name.c_str(), flags, STATX_MNT_ID, &info) != 0 || (info.stx_mask & STATX_MNT_ID) == 0)
    return std::nullopt;
  return info.stx_mnt_id;
}

// At once, however much is in it. Only root may, or the owner on a file system mounted with user_subvol_rm_allowed.
bool destroy_subvolume(int directory, const std::string& name) {
  btrfs_ioctl_vol_args what{};
  return put_name(what.name, name) && ::ioctl(directory, BTRFS_IOC_SNAP_DESTROY, &what) == 0;
}

}  // namespace

std::optional<Snapshots> snapshots_named(std::string_view name) {
  if (name == "auto") return Snapshots::automatic;
  if (name == "links") return Snapshots::links;
  if (name == "btrfs") return Snapshots::btrfs;
  if (name == "zfs") return Snapshots::zfs;
  return std::nullopt;
}

std::string to_string(Sharing sharing) {
  switch (sharing) {
    case Sharing::links: return "links";
    case Sharing::btrfs: return "btrfs";
    case Sharing::zfs: return "zfs";
  }
  return "";
}

std::optional<Sharing> sharing_named(std::string_view name) {
  if (name == "links") return Sharing::links;
  if (name == "btrfs") return Sharing::btrfs;
  if (name == "zfs") return Sharing::zfs;
  return std::nullopt;
}

bool on_btrfs(int directory) {
  struct statfs info{};
  return ::fstatfs(directory, &info) == 0 && info.f_type == BTRFS_SUPER_MAGIC;
}

bool is_subvolume(int directory, const std::string& name) {
  struct stat info{};
  if (::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(info.st_mode) ||
      info.st_ino != root_inode || !on_btrfs(directory))
    return false;
  // The root of a file system that is mounted there has this inode, too.
  const auto mount = mount_of(directory, name);
  return mount && mount == mount_of(directory, "");
}

Result<void> make_subvolume(int directory, const std::string& name) {
  btrfs_ioctl_vol_args what{};
  if (auto named = put_name(what.name, name); !named) return named;
  if (::ioctl(directory, BTRFS_IOC_SUBVOL_CREATE, &what) != 0) return fail_errno("cannot make a subvolume", errno);
  return for_owner_alone(directory, name);
}

Result<void> make_snapshot(int of, int directory, const std::string& name) {
  btrfs_ioctl_vol_args_v2 what{};
  what.fd = of;
  if (auto named = put_name(what.name, name); !named) return named;
  if (::ioctl(directory, BTRFS_IOC_SNAP_CREATE_V2, &what) != 0) return fail_errno("cannot make a snapshot", errno);
  return for_owner_alone(directory, name);
}

Result<void> remove_copy(int parent, const std::string& name, const ZfsTask& zfs, const Interrupt& interrupt) {
  if (auto dropped = drop_snapshot(parent, name, zfs); !dropped) return dropped;
  const UniqueFd copy(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  // A tree ends where another device begins, and a subvolume has one of its own: it goes first, by itself.
  if (copy && is_subvolume(copy.get(), data_name) && !destroy_subvolume(copy.get(), data_name))
    if (auto removed = remove_tree(copy.get(), data_name, interrupt); !removed) return removed;
  return remove_tree(parent, name, interrupt);
}

}  // namespace maintain
