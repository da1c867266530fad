// Subvolumes of btrfs: a copy's data/ may be one, begun as a snapshot of the data/ of the copy before. What does not
// change is then shared without a link being made for each file.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backup/tree.hpp"
#include "base/error.hpp"

namespace maintain {

// What a person wishes. automatic: btrfs where the copies lie on one. btrfs: the same, and it is told when they do not.
enum class Snapshots { automatic, links, btrfs };
std::optional<Snapshots> snapshots_named(std::string_view name);  // "auto", "links", "btrfs"

// How the files of a copy that did not change are shared with the copy before.
enum class Sharing { links, btrfs };
std::string to_string(Sharing sharing);
std::optional<Sharing> sharing_named(std::string_view name);

bool on_btrfs(int directory);

// False for what is mounted there, too.
bool is_subvolume(int directory, const std::string& name);

// Both make directory/name, for the owner alone. A snapshot needs no more than to own what it is of.
Result<void> make_subvolume(int directory, const std::string& name);
Result<void> make_snapshot(int of, int directory, const std::string& name);

// Removes the directory of a copy or a draft with all that is in it; OK when there is none.
Result<void> remove_copy(int parent, const std::string& name, const Interrupt& interrupt);

}  // namespace maintain
