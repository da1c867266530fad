// What a task remembers between runs: since when packages wait, locks are held and sources fail; the job that it
// started; and what it changed last.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "apt/job_output.hpp"
#include "apt/pending.hpp"

namespace maintain::plugins::apt {

enum class JobKind { repair, kernels, upgrade };

// A job that was about to be started: known even when we are killed right after.
struct JobRecord {
  JobKind kind = JobKind::upgrade;
  Moment started{};
  std::vector<PlannedChange> plan = {};       // without origins
  ConffileConflicts conflicts = {};           // why packages were left out
  sdk::Json before = sdk::Json::object();     // snapshot, see server_snapshot.hpp
};

struct TaskMemory {
  PendingSince pending = {};
  std::optional<Moment> locked_since = {};
  std::map<std::string, Moment> failing_sources = {};
  std::optional<JobRecord> job = {};
  sdk::Json last_changes = nullptr;  // {"at": milliseconds, "packages": [[name, from, to]...]}
};

// Remembers since when each of these sources fails, and forgets all others.
void note_failing_sources(TaskMemory& memory, const std::vector<SourceProblem>& problems, Moment now);

// Pure; what does not have the expected shape is dropped.
TaskMemory memory_from_json(const sdk::Json& document);
// At most 250 KiB: what can be done without is left out of a larger one.
sdk::Json memory_to_json(const TaskMemory& memory);

// The value of TaskMemory::last_changes.
sdk::Json changes_to_json(const std::vector<DoneChange>& changes, Moment at);

}  // namespace maintain::plugins::apt
