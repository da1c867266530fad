#include "plan/staleness.hpp"

#include <fmt/format.h>

namespace maintain {

std::optional<Finding> staleness(const TaskStatus& status, Time now) {
  const std::optional<Time> success = status.record.last_success;
  const std::optional<Time> since = success ? success : status.first_seen;
  if (!status.max_age || !since || now - *since <= *status.max_age) return std::nullopt;

  const std::string age = format_duration(now - *since), promise = format_duration(*status.max_age);
  Finding finding;
  finding.state = State::critical;
  finding.code = "task.stale";
  finding.title = success ? fmt::format("{}: the last success is {} old, more than {}", status.key.task, age, promise)
                          : fmt::format("{}: no success in the {} since it was declared, more than {}",
                                        status.key.task, age, promise);
  finding.detail = success ? "last success: " + format_time(*success) : "never succeeded";
  if (status.record.last_attempt) finding.detail += "\nlast attempt: " + format_time(*status.record.last_attempt);
  finding.action = "see its last attempts: maintain history --server " + status.key.server + " --task " + status.key.task;
  if (status.severity && severity_rank(*status.severity) < severity_rank(finding.state)) {
    finding.state = *status.severity;
  }
  return finding;
}

std::optional<Finding> staleness(const TaskSpec& spec, const TaskRecord& record, Time now) {
  if (!spec.enabled) return std::nullopt;
  TaskStatus status;
  status.key.task = spec.name;
  status.record = record;
  status.max_age = spec.max_age;
  status.severity = spec.severity;
  return staleness(status, now);
}

}  // namespace maintain
