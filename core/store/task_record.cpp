#include "store/task_record.hpp"

namespace maintain {

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
  return record;
}

}  // namespace maintain
