#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "report/render_json.hpp"
#include "report/render_text.hpp"

namespace maintain {
namespace {

struct Options {
  std::string run;
  std::string task;
};

// A server that was found and then lost has two results in a run: the last one counts.
const TaskResult& find_result(const Run& run, const std::string& name) {
  const auto found = std::find_if(run.results.rbegin(), run.results.rend(), [&](const TaskResult& result) {
    return to_string(TaskKey{result.server, result.project, result.task}) == name ||
           fmt::format("{}/{}", result.server, result.task) == name;
  });
  if (found == run.results.rend())
    fatal({ErrorKind::not_found, fmt::format("'{}' did not run in {}", name, run.id),
           fmt::format("'maintain show {}' lists what did", run.id), {}});
  return *found;
}

void show(Program& program, const Options& options) {
  const auto store = program.readable_store();
  if (!store) fatal({ErrorKind::not_found, "no run has been recorded yet", "start with: maintain run", {}});
  std::string id = options.run;
  if (id == "last") {
    const auto runs = value_or_fatal(store->runs(1));
    if (runs.empty()) fatal({ErrorKind::not_found, "no run has been recorded yet", "start with: maintain run", {}});
    id = runs.front().id;
  }
  const Run run = value_or_fatal(store->run(id));
  const TextStyle style{.color = program.colours()};
  if (options.task.empty()) return print(program.json ? run_json(run) : render_run(run, style));
  const TaskResult& result = find_result(run, options.task);
  const std::string output =
      value_or_fatal(store->task_output(run.id, {result.server, result.project, result.task}));
  print(program.json ? result_json(result, output) : render_result(result, output, style));
}

}  // namespace

void add_show_command(CLI::App& app, Program& program) {
  CLI::App* command = add_command(app, "show", "show");
  const auto options = std::make_shared<Options>();
  command->add_option("run", options->run, "The run's id, as history and the digest name it, or 'last'")->required()
      ->type_name("RUN");
  command->add_option("task", options->task, "Show this task's saved output: SERVER/PROJECT/TASK")->type_name("TASK");
  command->callback([&program, options] { show(program, *options); });
}

}  // namespace maintain
