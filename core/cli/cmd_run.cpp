#include "cli/cmd_run.hpp"

#include <memory>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/run_session.hpp"
#include "cli/selection.hpp"
#include "model/names.hpp"
#include "report/digest.hpp"
#include "report/render_json.hpp"
#include "report/render_text.hpp"
#include "run/run_lock.hpp"

namespace maintain {
namespace {

// What a dry run would do; a person asked for it, so it is printed whatever it is.
std::string describe_dry_run(const RunResult& result) {
  std::string text;
  for (const TaskResult& task : result.run.results)
    if (!task.task.empty())
      text += to_string(TaskKey{task.server, task.project, task.task}) + ": " +
              (task.summary.empty() ? to_string(task.outcome) : task.summary) + "\n";
  for (const ServerReport& server : result.servers)
    if (server.error) text += server_error(server) + "\n";
  return text.empty() ? "Nothing is due.\n" : "Dry run, nothing was changed:\n" + text;
}

void warn_of_plugins_passed_over(Program& program) {
  for (const SkippedPlugin& skipped : program.catalog().skipped)
    std::fprintf(stderr, "maintain: plugin %s passed over: %s\n", skipped.library.c_str(),
                 skipped.reason.describe().c_str());
}

}  // namespace

void run_due_tasks(Program& program, const RunOptions& options) {
  const Settings& settings = program.settings();
  RunRequest request{.settings = settings, .catalog = program.catalog(),
                     .servers = program.select_servers(options.selection.servers)};
  request.mode = options.dry_run ? Mode::check : Mode::apply;
  request.only_tasks = options.selection.task_set();
  request.now_tasks = {options.now.begin(), options.now.end()};
  request.refresh_configs = options.refresh;
  request.forks = options.forks;
  request.debug = program.debug;

  auto store = program.writable_store();
  const RunLock lock = value_or_fatal(take_run_lock(settings.state_directory, program.clock().now()));
  if (program.debug || program.standard_error_is_terminal()) warn_of_plugins_passed_over(program);
  const RunResult result = supervise_visibly(program, request, *store);

  DigestRequest asked;
  asked.mode = request.mode;
  asked.results = request.mode == Mode::check ? result.run.results : value_or_fatal(store->unreported_results());
  asked.open_before = value_or_fatal(store->open_findings());
  asked.statuses = value_or_fatal(store->task_statuses());
  asked.servers = program.inventory().servers;
  asked.now = program.clock().now();
  asked.reminder = settings.reminder;
  const Digest digest = make_digest(asked);

  program.exit_status = exit_status(digest);
  if (program.json) {
    print(digest_json(digest, result.run, program.exit_status));
  } else {
    if (options.dry_run) print(describe_dry_run(result));
    print(render_digest(digest, {.color = program.colours()}));
  }
  if (request.mode == Mode::check) return;
  ok_or_fatal(store->replace_open_findings(digest.open_after));
  ok_or_fatal(store->prune(asked.now, settings.keep_successes, settings.keep_failures));
}

void add_run_command(CLI::App& app, Program& program) {
  CLI::App* command = add_command(app, "run", "run");
  const auto options = std::make_shared<RunOptions>();
  add_server_option(*command, options->selection);
  add_task_option(*command, options->selection);
  command->add_option("--now", options->now, "Run this task now, whatever its schedule says (repeatable)")->type_name("TASK");
  command->add_flag("--dry-run,-n", options->dry_run, "Change nothing; say what would be done");
  command->add_flag("--refresh", options->refresh, "Fetch the configurations even where the cached ones are fresh");
  command->add_option("--forks", options->forks, "Servers handled at once")->check(CLI::Range(1, 256))->type_name("N");
  command->callback([&program, options] { run_due_tasks(program, *options); });
}

}  // namespace maintain
