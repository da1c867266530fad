#include "plan/staleness.hpp"

#include <fmt/format.h>

namespace maintain {

std::optional<Finding> staleness(const TaskSpec& spec, const TaskRecord& record, Time now) {
  if (!spec.enabled || !spec.max_age) return std::nullopt;
  const std::string promise = format_duration(*spec.max_age);
  Finding finding;
  finding.state = State::critical;
  finding.code = "task.stale";
  if (record.last_success) {
    const Seconds age = now - *record.last_success;
    if (age <= *spec.max_age) return std::nullopt;
    finding.title = fmt::format("{}: the last success is {} old, more than {}", spec.name, format_duration(age), promise);
    finding.detail = "last success " + format_time(*record.last_success);
  } else {
    if (!record.last_attempt) return std::nullopt;
    finding.title = fmt::format("{}: has never succeeded, should do so every {}", spec.name, promise);
    finding.detail = "last attempt " + format_time(*record.last_attempt);
  }
  finding.action = "see its last attempts with: maintain history";
  if (spec.severity && severity_rank(*spec.severity) < severity_rank(finding.state)) finding.state = *spec.severity;
  return finding;
}

}  // namespace maintain
