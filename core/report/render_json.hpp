// The same reports as JSON, one document ended by a newline. docs/reports.md lists the keys; they only ever grow.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/backup_status.hpp"
#include "model/run.hpp"
#include "model/status.hpp"
#include "report/digest.hpp"
#include "report/exit_status.hpp"

namespace maintain {

std::string digest_json(const Digest& digest, const Run& run, ExitStatus status);  // `run --json`
// backups: nothing when the copies could not be looked at.
std::string status_json(const std::vector<TaskStatus>& statuses, const std::vector<OpenFinding>& findings,
                        const std::optional<std::vector<BackupStatus>>& backups, Time now);
std::string runs_json(const std::vector<RunSummary>& runs);
std::string history_json(const std::vector<TaskResult>& results);
std::string run_json(const Run& run);
std::string result_json(const TaskResult& result, const std::string& output);

}  // namespace maintain
