// One run, and one result with its output.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "model/names.hpp"
#include "report/paint.hpp"
#include "report/render_text.hpp"
#include "report/show_command.hpp"
#include "report/wrap.hpp"

namespace maintain {
namespace {

std::string name_of(const TaskResult& result) {
  return printable(to_string(TaskKey{result.server, result.project, result.task}));
}

std::string findings_of(const TaskResult& result, const TextStyle& style) {
  const auto width = static_cast<std::size_t>(style.width);
  std::vector<Finding> findings = result.findings;
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return severity_rank(a.state) > severity_rank(b.state);
  });
  std::string text;
  for (const Finding& finding : findings) {
    const std::string code = printable(finding.code) +
                             (finding.subject.empty() ? "" : " " + printable(finding.subject));
    text += "  " + paint(to_string(finding.state), color_of(finding.state), style) + "  " + code + '\n';
    text += wrap(printable(finding.title), "    ", width);
    text += wrap(printable(finding.detail, true), "      ", width);
    if (!finding.action.empty()) text += wrap_labelled("What to do", printable(finding.action), "    ", width);
  }
  return text;
}

std::string heading_of(const TaskResult& result, const TextStyle& style) {
  std::string text = name_of(result) + "  " + paint(to_string(result.outcome), color_of(result.outcome), style);
  if (result.finished > result.started) text += "  " + format_duration(result.finished - result.started);
  if (!result.type.empty()) text += "  (" + printable(result.type) + ")";
  return text + '\n';
}

std::string told_by(const TaskResult& result, const TextStyle& style) {
  return wrap(printable(result.summary), "  ", static_cast<std::size_t>(style.width)) + findings_of(result, style);
}

}  // namespace

std::string render_run(const Run& run, const TextStyle& style) {
  std::string text = fmt::format("Run {}{}, started {}, {}\n", printable(run.id),
                                 run.mode == Mode::check ? " (check)" : "", format_time(run.started),
                                 run.finished ? "took " + format_duration(*run.finished - run.started)
                                              : std::string("has not ended (it runs, or was killed)"));
  if (run.results.empty()) return text + "No task ran.\n";
  for (const TaskResult& result : run.results) text += '\n' + heading_of(result, style) + told_by(result, style);
  const auto task = std::find_if(run.results.begin(), run.results.end(),
                                 [](const TaskResult& r) { return !r.task.empty(); });
  if (task == run.results.end()) return text;
  return text + fmt::format("\nThe output of a task: {}\n",
                            command_for_more(run.id, {task->server, task->project, task->task}));
}

std::string render_done(const TaskResult& result, const std::string& output, const TextStyle& style) {
  std::string text = heading_of(result, style);
  text += fmt::format("  started {}{}{}\n", format_time(result.started),
                      result.run_id.empty() ? "" : " in run " + printable(result.run_id),
                      result.mode == Mode::check ? " (check)" : "");
  text += told_by(result, style);
  for (const Metric& metric : result.metrics)
    text += fmt::format("  {}{} = {}{}\n", printable(metric.name),
                        metric.subject.empty() ? "" : " of " + printable(metric.subject), metric.value,
                        metric.unit.empty() ? "" : " " + printable(metric.unit));
  if (output.empty()) return text;
  text += '\n' + printable(output, true);
  if (text.back() != '\n') text += '\n';
  return text;
}

std::string render_result(const TaskResult& result, const std::string& output, const TextStyle& style) {
  return render_done(result, output, style) + (output.empty() ? "\nIt wrote no output.\n" : "");
}

}  // namespace maintain
