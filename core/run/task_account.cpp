#include "run/task_account.hpp"

#include <cmath>

#include "base/text.hpp"
#include "run/limits.hpp"

namespace maintain {
namespace {

const char* word(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
  }
  return "error";
}

}  // namespace

TaskAccount::TaskAccount(std::uint64_t index, const PlannedTask& task, Time started, std::size_t output_limit)
    : index_(index), key_(task.key), output_(output_limit) {
  result_.server = task.key.server;
  result_.project = task.key.project;
  result_.task = task.key.task;
  result_.type = task.spec.use;
  result_.started = started;
}

void TaskAccount::add(const Finding& finding) {
  if (result_.findings.size() < findings_limit) result_.findings.push_back(clean(finding));
}

void TaskAccount::add(const Metric& metric) {
  if (result_.metrics.size() >= metrics_limit || !std::isfinite(metric.value)) return;
  result_.metrics.push_back(
      {shorten(printable(metric.name), name_limit), metric.value, shorten(printable(metric.unit), name_limit),
       shorten(printable(metric.subject), name_limit)});
}

void TaskAccount::add_log(LogLevel level, const std::string& clean_line) {
  output_.add(std::string("[") + word(level) + "] " + clean_line + "\n");
}

void TaskAccount::set_summary(const std::string& line) { result_.summary = clean_line(line); }

TaskCommit TaskAccount::close(const std::string& run_id, Mode mode, Outcome outcome, Time finished,
                              const std::string& closing_line) {
  result_.outcome = outcome;
  result_.finished = finished;
  result_.run_id = run_id;
  result_.mode = mode;
  if (!closing_line.empty()) {
    result_.summary = clean_line(closing_line);
    output_.add("[error] " + closing_line + "\n");
  }
  TaskCommit commit;
  commit.run_id = run_id;
  commit.result = std::move(result_);
  commit.output = output_.text();
  commit.mode = mode;
  return commit;
}

}  // namespace maintain
