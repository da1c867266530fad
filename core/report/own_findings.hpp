// Findings that no plugin emits: what maintain itself observes of tasks and servers. Their codes are stable:
//   task.failed task.crashed task.timed_out task.unreachable task.stale
//   backup.second_stale
//   server.unreachable server.failed server.crashed server.timed_out
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "model/backup_status.hpp"
#include "model/run.hpp"
#include "model/status.hpp"

namespace maintain {

inline constexpr std::string_view code_server_unreachable = "server.unreachable";
inline constexpr std::string_view code_task_stale = "task.stale";
inline constexpr std::string_view code_second_stale = "backup.second_stale";

// One of the codes that tell how a run ended (not task.stale, which tells of time). The next result replaces it.
bool is_ending(const Finding& finding);

// How a run that is a failure ended, told as a finding. The result may be about a task or a server.
Finding finding_of_ending(const TaskResult& result);

// Whether two findings of one identity tell of failures for different reasons. Codes say that of what plugins observe;
// of an ending there are only its words, and of these only those that do not change from one attempt to the next.
bool is_another_failure(const Finding& before, const Finding& now);

// Whether the last success (or, before the first one, the declaration) is longer ago than max_age.
bool is_stale(const TaskStatus& status, Time now);

// nullopt: the last success is younger than max_age, or nothing is promised.
std::optional<Finding> finding_of_staleness(const TaskStatus& status, Time now);

// nullopt: the second place has the newest copy, or may lack it for a while yet, or there is no second place.
std::optional<Finding> finding_of_second_place(const BackupStatus& status, Time now);

}  // namespace maintain
