#include <memory>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "report/render_json.hpp"
#include "report/render_text.hpp"

namespace maintain {
namespace {

struct Options {
  TaskKey filter;
  int limit = 20;
};

// Nothing was found. An empty list says so of what is there and has not run yet; a name that is nowhere is a slip.
void refuse_unknown_names(Program& program, const StateStore* store, const TaskKey& filter) {
  std::set<std::string> servers, projects, tasks;
  if (store != nullptr)
    for (const TaskStatus& status : value_or_fatal(store->task_statuses())) {
      servers.insert(status.key.server);
      projects.insert(status.key.project);
      tasks.insert(status.key.task);
    }
  // Which projects and tasks there are is known only once a run has seen a plan.
  const bool plans_are_known = !servers.empty();
  if (!filter.server.empty())
    for (const Server& server : program.inventory().servers) servers.insert(server.name);
  const auto check = [](const char* what, const std::string& name, const std::set<std::string>& known) {
    if (name.empty() || known.contains(name)) return;
    const std::string near = nearest(name, {known.begin(), known.end()});
    fatal({ErrorKind::usage, fmt::format("no {} '{}' has ever been seen here", what, printable(name)),
           near.empty() ? "'maintain status' lists what there is" : fmt::format("did you mean '{}'?", near), {}});
  };
  check("server", filter.server, servers);
  if (!plans_are_known) return;
  check("project", filter.project, projects);
  check("task", filter.task, tasks);
}

void history(Program& program, const Options& options) {
  const auto store = program.readable_store();
  const TextStyle style{.color = program.colours()};
  const bool of_tasks = !options.filter.server.empty() || !options.filter.project.empty() ||
                        !options.filter.task.empty();
  if (of_tasks) {
    std::vector<TaskResult> results;
    if (store) results = value_or_fatal(store->history(options.filter, options.limit));
    if (results.empty()) refuse_unknown_names(program, store.get(), options.filter);
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
  command->add_option("--limit", options->limit, "At most this many lines")->check(CLI::Range(1, 100000))
      ->capture_default_str()->type_name("N");
  command->callback([&program, options] { history(program, *options); });
}

}  // namespace maintain
