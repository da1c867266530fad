// The report on Python environments, for people.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "model/names.hpp"
#include "report/paint.hpp"
#include "report/python_report.hpp"
#include "report/render_text.hpp"
#include "report/wrap.hpp"

namespace maintain {
namespace {

// "CRITICAL  django 5.2.1: ...": wrapped first, for colours have no width.
std::string finding_block(const Finding& finding, const std::string& indent, const TextStyle& style) {
  const auto width = static_cast<std::size_t>(style.width);
  const std::string word = to_upper(to_string(finding.state));
  const std::string text = wrap(word + "  " + finding.title, indent, width);
  std::string block = indent + paint(word, color_of(finding.state), style) + text.substr(indent.size() + word.size());
  if (!finding.action.empty()) block += wrap_labelled("What to do", finding.action, indent + "  ", width);
  return block;
}

std::string headline(const PythonTask& task, Time now) {
  std::string text = printable(to_string(task.key));
  if (!task.active) text += " (switched off or not allowed)";
  if (task.checked)
    return text + fmt::format(": checked {}, {} ago\n", format_time(*task.checked),
                              format_duration(std::max(now - *task.checked, Seconds::zero())));
  if (task.unreadable) return text + ": what it saved cannot be read; its next run saves it anew\n";
  return text + (task.failed_since ? ": nothing is known yet\n" : ": has not run yet\n");
}

// What is in it without a finding: no promise that all is well with it, for not all can be compared.
std::string rest_of(const PythonEnvironment& environment, bool cut) {
  if (!environment.packages) return {};
  std::set<std::string> concerned;
  for (const PythonFinding& told : environment.findings) concerned.insert(told.package);
  std::size_t rest = 0;
  std::size_t not_compared = 0;
  for (const PythonPackage& package : *environment.packages) {
    if (concerned.contains(package.key)) continue;
    ++rest;
    if (!is_on_index(package)) ++not_compared;
  }
  if (rest == 0) return {};
  std::string text = fmt::format("    {} without {}", count_of(rest, "package"),
                                 cut ? "findings among those that were kept" : "findings");
  if (not_compared > 0) text += fmt::format(", {} of them from no index", not_compared);
  return text + '\n';
}

std::string environment_block(const PythonEnvironment& environment, bool cut, const TextStyle& style) {
  std::string text = "  " + environment.path;
  if (!environment.python.empty()) text += ", Python " + environment.python;
  if (environment.packages) text += ": " + count_of(environment.packages->size(), "package");
  else text += cut ? ": its packages were not kept; this was told:" : ": could not be read; this was told before:";
  text += '\n';  // of an environment that was not read there are findings
  for (const PythonFinding& told : environment.findings) text += finding_block(told.finding, "    ", style);
  return text + rest_of(environment, cut);
}

std::string task_block(const PythonTask& task, Time now, const TextStyle& style) {
  const auto width = static_cast<std::size_t>(style.width);
  std::string text = headline(task, now);
  if (const auto& failed = task.failed_since)
    text += wrap_labelled("Its last run failed",
                          fmt::format("{}, {}{}", format_time(failed->started), to_string(failed->outcome),
                                      failed->summary.empty() ? "" : ": " + failed->summary),
                          "  ", width);
  if (task.cut)
    text += wrap("There is more than can be kept, so some packages or findings are missing here. Divide the "
                 "environments among several tasks.", "  ", width);
  for (const PythonEnvironment& environment : task.environments)
    text += environment_block(environment, task.cut, style);
  if (!task.findings.empty()) text += "  About the check itself:\n";
  for (const Finding& finding : task.findings) text += finding_block(finding, "    ", style);
  if (task.checked && task.environments.empty()) text += "  No environment was read.\n";
  return text;
}

}  // namespace

std::string python_report_text(const std::vector<PythonTask>& tasks, Time now, const TextStyle& style) {
  if (tasks.empty())
    return fmt::format("No task of the type {} is known here: `maintain run` learns them from the servers.\n",
                       python_task_type);
  const bool none_has_run = std::none_of(tasks.begin(), tasks.end(), [](const PythonTask& task) {
    return task.checked || task.unreadable || task.failed_since;
  });
  std::string text;
  if (none_has_run)
    text = fmt::format("No task of the type {0} has run yet; `maintain run --now {0}` does it at once:\n",
                       python_task_type);
  for (const PythonTask& task : tasks) text += (text.empty() ? "" : "\n") + task_block(task, now, style);
  return text;
}

}  // namespace maintain
