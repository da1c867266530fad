// The copies in a task's directory as they lie there. A part of task_copies.cpp.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "backup/anomaly.hpp"
#include "backup/copy_manifest.hpp"
#include "base/error.hpp"
#include "model/plan.hpp"

namespace maintain {

bool is_directory_itself(const std::filesystem::path& path);  // no link to one
std::vector<std::string> names_of_directories(const std::filesystem::path& directory);

Result<CopyManifest> read_manifest(const std::filesystem::path& copy);

// Newest first, the quarantined ones, too. Every directory with a copy's name is one: a copy gets its name when it is
// whole, so that one without a manifest has lost it. Of that only what its name says is known.
std::vector<CopyManifest> list_copies(const std::filesystem::path& task, const TaskKey& key);

const CopyManifest* newest_verified(const std::vector<CopyManifest>& newest_first, std::optional<Time> not_after = {});

// With which a new copy shares what did not change: proved or not, files are linked to it only where size and time are
// the source's. Its list of checksums must be there, from which their hashes are taken.
const CopyManifest* newest_base(const std::vector<CopyManifest>& newest_first, const std::filesystem::path& task);

// Of the last verified copies, newest first. A person who accepted one has said that what was before it is not usual
// any more: it stands for them, or the next copies would be quarantined, too.
std::vector<CopySize> usual_sizes(const std::vector<CopyManifest>& newest_first);

}  // namespace maintain
