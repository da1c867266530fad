#include "cli/dry_run.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "cli/run_session.hpp"
#include "model/names.hpp"
#include "report/show_command.hpp"

namespace maintain {
namespace {

constexpr std::size_t most_lines = 30;  // of each task's output

std::string beginning_of_output(const StateStore& store, const std::string& run, const TaskKey& key) {
  const auto output = store.task_output(run, key);
  if (!output) return {};  // it has written nothing that was kept
  const std::vector<std::string> lines = split_lines(printable(trim(*output), true));
  std::string text;
  for (std::size_t i = 0; i < std::min(lines.size(), most_lines); ++i)
    text += lines[i].empty() ? "\n" : "    " + lines[i] + "\n";
  if (lines.size() > most_lines)
    text += "    … " + count_of(lines.size() - most_lines, "more line") + ": " + command_for_more(run, key) + "\n";
  return text;
}

}  // namespace

std::string describe_dry_run(const RunResult& result, const StateStore& store) {
  std::string text;
  for (const TaskResult& task : result.run.results) {
    if (task.task.empty()) continue;
    const TaskKey key{task.server, task.project, task.task};
    text += to_string(key) + ": " + (task.summary.empty() ? to_string(task.outcome) : printable(task.summary)) + "\n";
    text += beginning_of_output(store, result.run.id, key);
  }
  for (const ServerReport& server : result.servers)
    if (server.error) text += server_error(server) + "\n";
  return text.empty() ? "Nothing is due.\n" : "Dry run, nothing was changed:\n" + text;
}

}  // namespace maintain
