// Reports as text, for a mail or a terminal. Nothing here decides what is told.
#pragma once

#include <string>
#include <vector>

#include "model/backup_status.hpp"
#include "model/run.hpp"
#include "model/status.hpp"
#include "report/digest.hpp"

namespace maintain {

struct TextStyle {
  bool color = false;  // the caller decides: a terminal, and NO_COLOR is not set
  int width = 100;     // columns; running text is wrapped, tables are not
  int table_width = 0;  // columns that the table of `status` has; 0: as many as it needs, as for a pipe
  bool ascii = false;   // the locale has no block characters
};

// A headline, then a block per item. Empty when there is nothing to tell.
std::string render_digest(const Digest& digest, const TextStyle& style = {});

// Tables; a line that says so when there are no rows.
std::string render_status(const std::vector<TaskStatus>& statuses, Time now, const TextStyle& style = {});
// What their last successes measured of several of a kind (certificates), a line each. Empty when nothing was.
std::string render_measured(const std::vector<TaskStatus>& statuses, const TextStyle& style = {});
// What the tasks of these have in copies, which stands below. Empty when there are none.
std::string render_backups(const std::vector<BackupStatus>& backups, Time now, const TextStyle& style = {});
// What is open now, in the order given. Empty when nothing is.
std::string render_findings(const std::vector<OpenFinding>& findings, const TextStyle& style = {});
std::string render_runs(const std::vector<RunSummary>& runs, const TextStyle& style = {});
std::string render_history(const std::vector<TaskResult>& results, const TextStyle& style = {});

// `maintain show RUN`: the run, its results and their findings.
std::string render_run(const Run& run, const TextStyle& style = {});
// `maintain show RUN SERVER/TASK`: one result, then its saved output.
std::string render_result(const TaskResult& result, const std::string& output, const TextStyle& style = {});
// The same of a task that somebody just had done, and has waited for. Without a run_id it is kept nowhere.
std::string render_done(const TaskResult& result, const std::string& output, const TextStyle& style = {});

}  // namespace maintain
