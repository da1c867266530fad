#include <memory>

#include "cli/commands.hpp"
#include "report/render_json.hpp"
#include "report/render_text.hpp"

namespace maintain {
namespace {

struct Options {
  TaskKey filter;
  int limit = 20;
};

void history(Program& program, const Options& options) {
  const auto store = program.readable_store();
  const TextStyle style{.color = program.colours()};
  const bool of_tasks = !options.filter.server.empty() || !options.filter.project.empty() || !options.filter.task.empty();
  if (of_tasks) {
    std::vector<TaskResult> results;
    if (store) results = value_or_fatal(store->history(options.filter, options.limit));
    print(program.json ? history_json(results) : render_history(results, style));
  } else {
    std::vector<RunSummary> runs;
    if (store) runs = value_or_fatal(store->runs(options.limit));
    print(program.json ? runs_json(runs) : render_runs(runs, style));
  }
}

}  // namespace

void add_history_command(CLI::App& app, Program& program) {
  CLI::App* command = add_command(app, "history", "history");
  const auto options = std::make_shared<Options>();
  command->add_option("--server,-s", options->filter.server, "Results of this server")->type_name("NAME");
  command->add_option("--project,-p", options->filter.project, "Results of this project")->type_name("NAME");
  command->add_option("--task,-t", options->filter.task, "Results of this task")->type_name("TASK");
  command->add_option("--limit", options->limit, "At most this many lines")->check(CLI::Range(1, 100000))->capture_default_str()->type_name("N");
  command->callback([&program, options] { history(program, *options); });
}

}  // namespace maintain
