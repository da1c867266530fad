#include "store/task_record.hpp"

namespace maintain {
namespace {

// Such a run was stopped from outside; what it said of its job last may not be how the job ended.
bool was_stopped(Outcome outcome) {
  return outcome == Outcome::crashed || outcome == Outcome::timed_out || outcome == Outcome::unreachable ||
         outcome == Outcome::cancelled;
}

}  // namespace

TaskRecord record_after(TaskRecord record, const TaskCommit& commit) {
  const TaskResult& result = commit.result;
  record.last_outcome = result.outcome;
  // Being deferred or stopped by a person is no attempt: it must not start the wait after a failure anew.
  if (result.outcome != Outcome::skipped && result.outcome != Outcome::cancelled) record.last_attempt = result.started;
  if (is_success(result.outcome)) {
    record.last_success = result.started;
    record.failures_in_a_row = 0;
  } else if (is_failure(result.outcome)) {
    ++record.failures_in_a_row;
  }
  if (commit.new_state) record.state = *commit.new_state;
  if (commit.pending_job && !(commit.pending_job->empty() && was_stopped(result.outcome)))
    record.pending_job = *commit.pending_job;
  return record;
}

}  // namespace maintain
