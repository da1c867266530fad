#include "cli/collect_backups.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include "backup/last_drill.hpp"
#include "backup/second_place.hpp"
#include "backup/task_copies.hpp"
#include "config/companions.hpp"

namespace maintain {
namespace {

// What is not there has no copies. What is and cannot be read would look as if it had none.
Result<void> is_readable(const std::filesystem::path& directory) {
  const std::filesystem::path with_slash = directory / "";  // so that a file in its place is not taken for one
  if (::faccessat(AT_FDCWD, with_slash.c_str(), R_OK | X_OK, AT_EACCESS) == 0) return {};
  const int error = errno;
  if (error == ENOENT) return {};
  Error unreadable = fail_errno("cannot read the copies in " + directory.string(), error).value();
  if (error == EACCES) unreadable.hint = "do it as the user that maintain runs as";
  return tl::unexpected(unreadable);
}

constexpr const char* engine_without_drill = "command";  // the output of a project's own command

BackupStatus::Task standing_of(const TaskStatus* status) {
  if (status == nullptr) return BackupStatus::Task::unknown;
  return status->active ? BackupStatus::Task::active : BackupStatus::Task::switched_off;
}

void remember(BackupStatus& status, const Drill& drill) {
  status.last_drill = drill;
  if (drill.passed) status.last_passed_drill = drill.when;
}

}  // namespace

TaskKey drill_of(const TaskKey& key) { return {key.server, key.project, companion_name(key.task, "drill")}; }

BackupStatus backup_status(const TaskKey& key, const std::vector<CopyManifest>& copies, const TaskStatus* status,
                           const TaskRecord& record) {
  BackupStatus told;
  told.key = key;
  told.task = standing_of(status);
  if (status != nullptr) told.max_age = status->max_age, told.first_seen = status->first_seen;
  for (const CopyManifest& copy : copies) {
    if (copy.state == CopyState::quarantined) told.quarantined.push_back(copy.id);
    if (copy.state == CopyState::damaged) told.damaged.push_back(copy.id);
    if (copy.state != CopyState::verified) continue;
    if (!told.newest) {
      told.newest = {copy.id, copy.started, copy.bytes, copy.files};
      told.drillable = copy.engine != engine_without_drill;
    }
    if (told.sizes.size() < shown_sizes) told.sizes.insert(told.sizes.begin(), copy.bytes);
  }
  // A drill that failed because it could not take place left no such state: it proves nothing about the copies.
  if (const auto drill = parse_drill(record.state)) remember(told, *drill);
  // The record has the moment at which the drill began, its state that at which it ended.
  if (const auto& success = record.last_success) {
    if (!told.last_drill || told.last_drill->when < *success) remember(told, {*success, true, {}});
    else told.last_passed_drill = std::max(told.last_passed_drill.value_or(*success), *success);
  }
  return told;
}

Result<std::vector<BackupStatus>> collect_backups(const std::filesystem::path& backups,
                                                  const std::vector<Server>& servers,
                                                  const std::vector<TaskStatus>& statuses,
                                                  const ServerRecords& records) {
  if (auto readable = is_readable(backups); !readable) return fail(readable.error());
  std::set<std::string> names;
  for (const Server& server : servers) {
    if (auto readable = is_readable(backups / server.name); !readable) return fail(readable.error());
    names.insert(server.name);
  }
  std::map<TaskKey, const TaskStatus*> known;
  for (const TaskStatus& status : statuses) known[status.key] = &status;

  std::vector<BackupStatus> collected;
  std::map<std::string, std::map<TaskKey, TaskRecord>> remembered;
  for (const TaskKey& key : tasks_with_copies(backups)) {
    if (!names.contains(key.server)) continue;
    if (!remembered.contains(key.server)) {
      auto of_server = records(key.server);
      if (!of_server) return fail(of_server.error());
      remembered[key.server] = {of_server->begin(), of_server->end()};
    }
    const auto copies = TaskCopies(backups, key).list();
    if (!copies) return fail(copies.error());
    const auto status = known.find(key);
    collected.push_back(backup_status(key, *copies, status == known.end() ? nullptr : status->second,
                                      remembered[key.server][drill_of(key)]));
  }
  return collected;
}

Result<void> add_second_statuses(std::vector<BackupStatus>& backups, const std::filesystem::path& directory,
                                 Seconds max_age, Time now) {
  for (BackupStatus& backup : backups) {
    const auto second = second_status(directory, backup.key, max_age, now);
    if (!second) return fail(second.error());
    backup.second = *second;
  }
  return {};
}

Result<std::vector<BackupStatus>> collect_second_statuses(const std::filesystem::path& directory,
                                                          const std::vector<TaskStatus>& statuses, Seconds max_age,
                                                          Time now) {
  std::vector<BackupStatus> collected;
  std::map<TaskKey, const TaskStatus*> known;
  for (const TaskStatus& status : statuses) known[status.key] = &status;
  for (const TaskKey& key : tasks_with_copies(directory)) {
    const auto status = known.find(key);
    BackupStatus& backup = collected.emplace_back();
    backup.key = key;
    backup.task = standing_of(status == known.end() ? nullptr : status->second);
  }
  if (auto added = add_second_statuses(collected, directory, max_age, now); !added) return fail(added.error());
  return collected;
}

}  // namespace maintain
