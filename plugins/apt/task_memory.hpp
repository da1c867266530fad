// What a task remembers between runs: since when packages wait, locks are held and sources fail; the job that it
// started; and what an upgrade broke.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "apt/job_output.hpp"
#include "apt/pending.hpp"
#include "apt/server_state.hpp"
#include "common/lock_holders.hpp"
#include "common/watch.hpp"

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

// Somebody else's lock that keeps us waiting.
struct HeldLock {
  Moment since{};            // when we first met it
  std::string pid = {};      // empty: it was gone before we could look
  std::int64_t started = 0;  // as LockHolder
};

struct TaskMemory {
  PendingSince pending = {};
  std::optional<HeldLock> lock = {};
  std::map<std::string, Moment> failing_sources = {};
  std::optional<JobRecord> job = {};
  std::optional<Watch> watch = {};
};

// Remembers since when each of these sources fails, and forgets all others.
void note_failing_sources(TaskMemory& memory, const std::vector<SourceProblem>& problems, Moment now);

// Remembers who holds the lock. The age starts anew with another holder, not with another look at the same one.
void note_lock(TaskMemory& memory, const std::vector<LockHolder>& holders, Moment now);

// Pure; what does not have the expected shape is dropped.
TaskMemory memory_from_json(const sdk::Json& document);
// At most 250 KiB: what can be done without is left out of a larger one.
sdk::Json memory_to_json(const TaskMemory& memory);

}  // namespace maintain::plugins::apt
