// The program zfs, as far as copies need it. A snapshot of ZFS is of a whole dataset: a task whose copies are snapshots
// has a dataset of its own, which an administrator made (docs/backup-store.md) and which is mounted in its directory.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "model/plan.hpp"

namespace maintain {

inline constexpr const char* dataset_name = "_zfs";  // in the directory of a task: where its dataset is mounted

enum class ZfsVerb { look, snapshot, destroy };  // whether there is a dataset; a snapshot of it is made, or goes

// id: of a copy, which is what its snapshot is called; of no matter to `look`. Errors: not_found (there is no program
// zfs, no such dataset), refused (not what a snapshot may be made of), timed_out, system (with what zfs said).
using ZfsCall = std::function<Result<void>(ZfsVerb verb, const TaskKey& key, const std::string& id)>;

// Calls the program from this very process. Empty: where systems have it.
ZfsCall zfs_calls(std::filesystem::path backups, std::string program = {});

// One task's.
struct ZfsTask {
  TaskKey key;
  ZfsCall call;

  Result<void> look() const { return call(ZfsVerb::look, key, ""); }
  Result<void> snapshot(const std::string& id) const { return call(ZfsVerb::snapshot, key, id); }
  Result<void> destroy(const std::string& id) const { return call(ZfsVerb::destroy, key, id); }
};

// The name of the dataset that is mounted at `path`, from what `zfs list -H -o name,mountpoint,mounted` printed of it.
// Errors: refused.
Result<std::string> parse_dataset(std::string_view output, const std::string& path);

}  // namespace maintain
