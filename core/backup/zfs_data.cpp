#include "backup/zfs_data.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

#include <fmt/format.h>

#include "backup/copy_manifest.hpp"
#include "backup/hash_crew.hpp"
#include "backup/task_copies.hpp"
#include "base/fd.hpp"

namespace maintain {
namespace {

namespace fs = std::filesystem;

constexpr const char* use_links = "`backups: {snapshots: links}` in maintain.yml does without zfs";
constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::string link_to(const std::string& id) {
  return fmt::format("../{}/.zfs/snapshot/{}/{}", dataset_name, id, data_name);
}

fs::path snapshot_path(const fs::path& task, const std::string& id) {
  return task / dataset_name / ".zfs" / "snapshot" / id;
}

fs::path task_of(const fs::path& copy) {
  const fs::path above = copy.parent_path();
  return above.filename() == quarantine_name ? above.parent_path() : above;
}

// The kernel mounts a snapshot when it is entered.
Result<void> enter_snapshot(int task, const std::string& id) {
  UniqueFd directory(::openat(task, ".", directory_flags));
  for (const char* name : {dataset_name, ".zfs", "snapshot", id.c_str(), data_name}) {
    if (directory) directory.reset(::openat(directory.get(), name, directory_flags));
    if (!directory) return fail_errno(fmt::format("cannot enter '{}' of the snapshot {}", name, id), errno);
  }
  return {};
}

Result<void> copy_list(const fs::path& from, const fs::path& to) {
  std::error_code failure;
  fs::remove(to, failure);
  if (fs::copy_file(from, to, failure)) return {};
  return fail_errno("cannot copy " + from.string(), failure.value());
}

// That it is this dataset of which the snapshot is, and that it can be read.
Result<void> check_frozen(const fs::path& list, const std::string& checksums) {
  const UniqueFd fd(::open(list.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info{};
  if (!fd || ::fstat(fd.get(), &info) != 0) {
    Error error = fail_errno("the snapshot was made and cannot be read: " + list.string(), errno).value();
    error.hint = use_links;
    return fail(std::move(error));
  }
  const auto hash = hash_file(fd.get(), static_cast<std::uint64_t>(info.st_size), [] { return Result<void>{}; });
  if (!hash) return fail(hash.error());
  if (*hash == checksums) return {};
  return fail(ErrorKind::system, list.string() + " is not the list of this copy", use_links);
}

}  // namespace

std::optional<std::string> snapshot_of(int copy) {
  std::array<char, PATH_MAX> target;
  const ssize_t size = ::readlinkat(copy, data_name, target.data(), target.size());
  if (size <= 0) return std::nullopt;
  const fs::path path(std::string(target.data(), static_cast<std::size_t>(size)));
  const std::string id = path.parent_path().filename();
  if (time_of_copy(id) && path.string() == link_to(id)) return id;
  return std::nullopt;
}

Result<fs::path> content_of(const fs::path& copy) {
  const auto opened = open_directory(copy);
  if (!opened) return fail(opened.error());
  struct stat info{};
  if (::fstatat(opened->get(), data_name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISLNK(info.st_mode)) return copy;
  const auto id = snapshot_of(opened->get());
  if (!id || *id != copy.filename())
    return fail(ErrorKind::refused, (copy / data_name).string() + " is a link that leads to no snapshot of this copy");
  const fs::path task = task_of(copy);
  const auto directory = open_directory(task);
  if (!directory) return fail(directory.error());
  if (auto entered = enter_snapshot(directory->get(), *id); !entered)
    return fail(entered.error().kind, fmt::format("{}: {}", copy.string(), entered.error().message),
                fmt::format("a dataset belongs at {}: see `zfs list -t all`", (task / dataset_name).string()));
  return snapshot_path(task, *id);
}

bool has_dataset(const fs::path& task) {
  std::error_code ignored;
  return fs::symlink_status(task / dataset_name, ignored).type() == fs::file_type::directory;
}

Result<bool> prepare_dataset(const fs::path& task, const std::string& base, bool resumed, const Interrupt& interrupt) {
  const fs::path path = task / dataset_name;
  auto dataset = open_directory(path);
  if (!dataset) return fail(dataset.error());
  bool seeded = false;
  if (!resumed && !base.empty() && ::faccessat(dataset->get(), manifest_name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
    const auto older = open_directory(task / base);
    seeded = older && snapshot_of(older->get()) == base;
  }
  // From here on it is what no copy ever was, and has to say so first.
  if (::unlinkat(dataset->get(), manifest_name, 0) != 0 && errno != ENOENT)
    return fail_errno("cannot write in " + path.string(), errno);
  if (!resumed && !seeded)
    if (auto emptied = remove_tree(dataset->get(), data_name, interrupt); !emptied) return fail(emptied.error());
  if (auto made = make_directories(path / data_name, 0700); !made) return fail(made.error());
  return seeded;
}

Result<void> freeze_dataset(const fs::path& task, const ZfsTask& zfs, const std::string& id,
                            const std::string& manifest, const std::string& checksums) {
  const fs::path path = task / dataset_name, draft = task / draft_name;
  if (auto copied = copy_list(path / checksums_name, draft / checksums_name); !copied) return copied;
  if (auto kept = write_file_atomically(path / manifest_name, manifest, 0600); !kept) return kept;
  const auto dataset = open_directory(path);
  if (!dataset) return fail(dataset.error());
  if (::syncfs(dataset->get()) != 0) return fail_errno("cannot bring the copy to the disk", errno);
  // First, so that whoever finds the draft of somebody who was killed knows of the snapshot.
  if (::symlink(link_to(id).c_str(), (draft / data_name).c_str()) != 0)
    return fail_errno("cannot make " + (draft / data_name).string(), errno);
  if (auto synced = sync_directory(draft); !synced) return synced;
  if (auto made = zfs.snapshot(id); !made) return made;
  return check_frozen(snapshot_path(task, id) / checksums_name, checksums);
}

Result<void> empty_dataset(const fs::path& task, const Interrupt& interrupt) {
  auto dataset = open_directory(task / dataset_name);
  if (!dataset) return fail(dataset.error());
  return remove_tree(dataset->get(), data_name, interrupt);
}

Result<void> drop_snapshot(int parent, const std::string& name, const ZfsTask& zfs) {
  const UniqueFd copy(::openat(parent, name.c_str(), directory_flags));
  const auto id = copy ? snapshot_of(copy.get()) : std::nullopt;
  if (!id) return {};
  const std::string all = fmt::format("{}/.zfs/snapshot", dataset_name);
  const UniqueFd snapshots(::openat(parent, all.c_str(), directory_flags));
  if (!snapshots)
    return fail(ErrorKind::busy, fmt::format("the snapshot {} cannot be removed: {} is not there", *id, all),
                "mount the task's dataset; where it is gone for good, remove the directory by hand");
  struct stat info{};
  // Whoever was killed before it was made, or after it was removed, left the link alone.
  if (::fstatat(snapshots.get(), id->c_str(), &info, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == 0) {
    if (auto gone = zfs.destroy(*id); !gone) return fail(ErrorKind::busy, gone.error().message, gone.error().hint);
  } else if (errno != ENOENT) {
    return fail_errno("cannot look for the snapshot " + *id, errno);
  }
  if (::unlinkat(copy.get(), data_name, 0) == 0 || errno == ENOENT) return {};
  return fail_errno("cannot remove the link to the snapshot " + *id, errno);
}

}  // namespace maintain
