// status, history and the list of runs, as tables.
#include <fmt/format.h>

#include "base/text.hpp"
#include "model/names.hpp"
#include "report/fit_table.hpp"
#include "report/own_findings.hpp"
#include "report/painted_table.hpp"
#include "report/render_text.hpp"
#include "report/wrap.hpp"

namespace maintain {
namespace {

constexpr std::size_t summary_bytes = 60;
const std::string none = "-";

std::string task_cell(const TaskKey& key) {
  const std::string name = project_and_task(key);
  return name.empty() ? none : name;
}

// Seconds are the first that a narrow terminal has no room for.
constexpr int wide_enough_for_seconds = 120;
std::string time_for(Time time, const TextStyle& style) {
  const std::string text = format_time(time);  // 2026-11-22T13:03:41Z
  return style.table_width > 0 && style.table_width < wide_enough_for_seconds ? text.substr(0, 16) + "Z" : text;
}

std::string last_of(const TaskStatus& status) {
  // The earlier bot's marks have a time and no outcome of ours.
  if (!status.record.last_outcome) return status.record.last_success ? "imported" : "never";
  std::string text = to_string(*status.record.last_outcome);
  if (status.record.failures_in_a_row > 1) text += fmt::format(" x{}", status.record.failures_in_a_row);
  if (!status.record.pending_jobs.empty()) text += ", job goes on";
  return text;
}

}  // namespace

std::string render_status(const std::vector<TaskStatus>& statuses, Time now, const TextStyle& style) {
  if (statuses.empty()) return "No task is known yet: `maintain run` learns them from the servers.\n";
  TableText text{{"SERVER", "TASK", "TYPE", "LAST", "WHEN", "NEXT DUE", "AGE", "MAX AGE"}, {}};
  std::vector<std::string_view> colors;
  for (const TaskStatus& status : statuses) {
    const auto& success = status.record.last_success;
    const bool stale = is_stale(status, now);
    const std::string age = (success ? format_duration(now - *success) : none) + (stale ? " stale" : "");
    const std::string next = !status.refusal.empty() ? "not allowed"
                             : !status.active         ? "switched off"
                             : !status.next_due       ? none
                             : *status.next_due <= now ? "now"
                                                       : time_for(*status.next_due, style);
    const Outcome outcome = status.record.last_outcome.value_or(Outcome::ok);
    const auto& when = status.last_run ? status.last_run : success;
    text.rows.push_back({printable(status.key.server), task_cell(status.key), status.type, last_of(status),
                         when ? time_for(*when, style) : none, next, age,
                         status.max_age ? format_duration(*status.max_age) : none});
    colors.push_back(stale ? color_of(Outcome::failed) : color_of(outcome));
  }
  if (style.table_width > 0)
    fit_table(text, static_cast<std::size_t>(style.table_width), {"MAX AGE", "TYPE"}, {"SERVER", "TASK", "LAST"});
  PaintedTable table(text.headings, style);
  for (std::size_t i = 0; i < text.rows.size(); ++i) table.add(std::move(text.rows[i]), colors[i]);
  std::string below;
  for (const TaskStatus& status : statuses)
    if (!status.refusal.empty())
      below += wrap_labelled(printable(to_string(status.key)), printable(status.refusal), "  ",
                             static_cast<std::size_t>(style.width));
  return table.render() + (below.empty() ? "" : "\nNot allowed:\n" + below);
}

std::string render_runs(const std::vector<RunSummary>& runs, const TextStyle& style) {
  if (runs.empty()) return "There has been no run yet.\n";
  PaintedTable table({"RUN", "MODE", "STARTED", "TOOK", "OK", "CHANGED", "SKIPPED", "FAILED", "UNREACHABLE",
                      "CANCELLED"}, style);
  for (const RunSummary& run : runs)
    table.add({run.id, to_string(run.mode), format_time(run.started),
               run.finished ? format_duration(*run.finished - run.started) : "not ended", std::to_string(run.ok),
               std::to_string(run.changed), std::to_string(run.skipped), std::to_string(run.failed),
               std::to_string(run.unreachable), std::to_string(run.cancelled)},
              color_of(run.failed + run.unreachable > 0 ? Outcome::failed : Outcome::ok));
  return table.render();
}

std::string render_history(const std::vector<TaskResult>& results, const TextStyle& style) {
  if (results.empty()) return "Nothing of this kind has run yet.\n";
  PaintedTable table({"WHEN", "RUN", "SERVER", "TASK", "OUTCOME", "TOOK", "SUMMARY"}, style);
  for (const TaskResult& result : results) {
    const std::string outcome = to_string(result.outcome) + (result.mode == Mode::check ? " (check)" : "");
    table.add({format_time(result.started), result.run_id, result.server,
               task_cell({result.server, result.project, result.task}), outcome,
               format_duration(result.finished - result.started), shorten(printable(result.summary), summary_bytes)},
              color_of(result.outcome));
  }
  return table.render();
}

}  // namespace maintain
