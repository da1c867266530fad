// Copies whose files are in a snapshot of ZFS:
//
//     _zfs/                                       the task's dataset, mounted
//         data/, SHA256SUMS, manifest.json        as of the last copy; without manifest.json: in the middle of a draft
//         .zfs/snapshot/20261129T010203Z/         the kernel's: the same at that copy's time, never to change again
//     20261129T010203Z/
//         data -> ../_zfs/.zfs/snapshot/20261129T010203Z/data
//         manifest.json, SHA256SUMS
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "backup/tree.hpp"
#include "backup/zfs.hpp"
#include "base/error.hpp"

namespace maintain {

// Which snapshot the data of a copy or a draft is; nothing when it is no link of exactly this kind.
std::optional<std::string> snapshot_of(int copy);

// The directory in which data/ and SHA256SUMS of a copy are: its own, or that of its snapshot. Leads through no other
// link. Errors: refused, system (its dataset is not mounted).
Result<std::filesystem::path> content_of(const std::filesystem::path& copy);

bool has_dataset(const std::filesystem::path& task);

// Makes _zfs/data ready to be filled. True: it holds what a later copy than `base`, or base itself, had; else it is
// empty. resumed: it stays as it is.
Result<bool> prepare_dataset(const std::filesystem::path& task, const std::string& base, bool resumed,
                             const Interrupt& interrupt);

// What lies in the dataset becomes the data of the draft, for good. checksums: SHA-256 of SHA256SUMS, which lies in the
// dataset and is copied to the draft.
Result<void> freeze_dataset(const std::filesystem::path& task, const ZfsTask& zfs, const std::string& id,
                            const std::string& manifest, const std::string& checksums);

// A draft that came to nothing gives its room back.
Result<void> empty_dataset(const std::filesystem::path& task, const Interrupt& interrupt);

// Removes the snapshot that is data of parent/name, and the link; OK when it is none. Errors: busy (zfs keeps it; all
// is as it was), system.
Result<void> drop_snapshot(int parent, const std::string& name, const ZfsTask& zfs);

}  // namespace maintain
