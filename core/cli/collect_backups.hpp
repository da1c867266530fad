// What `status` tells of the copies on the disk.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "backup/copy_manifest.hpp"
#include "base/error.hpp"
#include "model/backup_status.hpp"
#include "model/server.hpp"
#include "model/status.hpp"

namespace maintain {

// Of one task. Pure. copies: newest first; status: nullptr when it is not known; record: of the drill that the task has
// as a companion, or that a person did.
BackupStatus backup_status(const TaskKey& key, const std::vector<CopyManifest>& copies, const TaskStatus* status,
                           const TaskRecord& record);

// The name of the drill that goes with a task.
TaskKey drill_of(const TaskKey& key);

// What is remembered of the tasks of a server, also of those that no project declares.
using ServerRecords =
    std::function<Result<std::vector<std::pair<TaskKey, TaskRecord>>>(const std::string& server)>;

// Of all tasks of these servers that have a directory for copies, in the order of the names. Errors: system, when it is
// there and cannot be read; what records() says.
Result<std::vector<BackupStatus>> collect_backups(const std::filesystem::path& backups,
                                                  const std::vector<Server>& servers,
                                                  const std::vector<TaskStatus>& statuses,
                                                  const ServerRecords& records);

// Adds how far behind the second place is, which is looked up in what was remembered here. Errors: system.
Result<void> add_second_statuses(std::vector<BackupStatus>& backups, const std::filesystem::path& directory,
                                 Seconds max_age, Time now);

// The tasks that have copies, with nothing but that: what every run looks at.
Result<std::vector<BackupStatus>> collect_second_statuses(const std::filesystem::path& directory,
                                                          const std::vector<TaskStatus>& statuses, Seconds max_age,
                                                          Time now);

}  // namespace maintain
