// How copies share what does not change. Subvolumes of btrfs: a copy's data/ may be one, begun as a snapshot of the
// data/ of the copy before, without a link being made for each file. What ZFS has instead is in zfs_data.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backup/tree.hpp"
#include "backup/zfs.hpp"
#include "base/error.hpp"

namespace maintain {

// What a person wishes. automatic: zfs where the task has a dataset of its own, btrfs where the copies lie on one. zfs,
// btrfs: that, and it is told when it cannot be.
enum class Snapshots { automatic, links, btrfs, zfs };
std::optional<Snapshots> snapshots_named(std::string_view name);  // "auto", "links", "btrfs", "zfs"

// How the files of a copy that did not change are shared with the copy before.
enum class Sharing { links, btrfs, zfs };
std::string to_string(Sharing sharing);
std::optional<Sharing> sharing_named(std::string_view name);

bool on_btrfs(int directory);

// False for what is mounted there, too.
bool is_subvolume(int directory, const std::string& name);

// Both make directory/name, for the owner alone. A snapshot needs no more than to own what it is of.
Result<void> make_subvolume(int directory, const std::string& name);
Result<void> make_snapshot(int of, int directory, const std::string& name);

// Removes the directory of a copy or a draft with all that is in it; OK when there is none. parent: of the task.
// Errors: busy (zfs keeps the snapshot, and all is as it was), and those of remove_tree().
Result<void> remove_copy(int parent, const std::string& name, const ZfsTask& zfs, const Interrupt& interrupt);

}  // namespace maintain
