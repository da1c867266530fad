#include "cli/cmd_run.hpp"

#include <sys/stat.h>

#include <memory>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/collect_backups.hpp"
#include "cli/commands.hpp"
#include "cli/dry_run.hpp"
#include "cli/run_session.hpp"
#include "cli/selection.hpp"
#include "cli/task_names.hpp"
#include "report/digest.hpp"
#include "report/render_json.hpp"
#include "report/render_text.hpp"
#include "run/run_lock.hpp"

namespace maintain {
namespace {

void warn_of_plugins_passed_over(Program& program) {
  for (const SkippedPlugin& skipped : program.catalog().skipped)
    std::fprintf(stderr, "maintain: plugin %s passed over: %s\n", skipped.library.c_str(),
                 skipped.reason.describe().c_str());
}

// Without any plugin every task of every server would be told to be unknown; the one cause is here.
void require_plugins(Program& program) {
  const Catalog& catalog = program.catalog();
  if (!catalog.plugins.empty()) return;
  const std::string why = catalog.skipped.empty() ? "none was found" : catalog.skipped.front().reason.describe();
  fatal({ErrorKind::configuration, "no plugin can be used: " + why,
         "'maintain plugins list' says where they are looked for, and why each was passed over", {}});
}

// A run that takes longer than the 15 minutes between cron's is nobody's business, and whatever we print is mailed. One
// that takes a quarter of a day hangs.
constexpr Seconds long_enough_to_tell = std::chrono::hours(6);

// When the active run took its lock: it writes its name into the file then, and never again.
std::optional<Time> active_since(const std::filesystem::path& state_directory) {
  struct stat status {};
  if (::stat((state_directory / "run.lock").c_str(), &status) != 0) return std::nullopt;
  return Time(Seconds(status.st_mtime));
}

// nullopt: another run is active, and it is not worth a word.
std::optional<RunLock> lock_or_leave(Program& program, bool for_a_person) {
  const Time now = program.clock().now();
  auto lock = take_run_lock(program.settings().state_directory, now);
  if (lock) return std::move(*lock);
  if (lock.error().kind != ErrorKind::busy) fatal(lock.error());
  if (program.json) {  // a program reads this; it is owed a document
    const nlohmann::ordered_json json{{"exit_status", static_cast<int>(ExitStatus::busy)},
                                      {"message", lock.error().describe()}};
    print(json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  }
  if (for_a_person || program.debug || program.standard_error_is_terminal()) fatal(lock.error());
  const auto since = active_since(program.settings().state_directory);
  if (!since || now - *since > long_enough_to_tell) fatal(lock.error());
  program.exit_status = ExitStatus::busy;
  return std::nullopt;
}

}  // namespace

void run_due_tasks(Program& program, const RunOptions& options) {
  const Settings& settings = program.settings();
  RunRequest request{.settings = settings, .catalog = program.catalog(),
                     .servers = program.select_servers(options.selection.servers)};
  request.mode = options.dry_run ? Mode::check : Mode::apply;
  request.only_tasks = options.selection.task_set();
  request.now_tasks = {options.now.begin(), options.now.end()};
  // Who names a task may have written it a minute ago. The earlier bot's command line stands in a crontab.
  const bool names_a_task = options.tasks_must_exist && !(request.only_tasks.empty() && request.now_tasks.empty());
  request.refresh_configs = options.refresh || names_a_task;
  request.forks = options.forks;
  request.debug = program.debug;

  auto store = program.writable_store();
  const auto lock = lock_or_leave(program, options.dry_run && !program.json);
  if (!lock) return;
  require_plugins(program);
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
  if (settings.second) {
    auto second = collect_second_statuses(settings.backup_directory, asked.statuses, settings.second->max_age,
                                          asked.now);
    if (second) asked.second = std::move(*second);
    else std::fprintf(stderr, "maintain: %s\n", printable(second.error().describe()).c_str());  // the rest matters more
  }
  const Digest digest = make_digest(asked);

  program.exit_status = program.settled(exit_status(digest));
  for (const Error& error : refused_now_tasks(result, request.now_tasks)) {
    std::fprintf(stderr, "maintain: %s\n", error.describe().c_str());
    program.exit_status = ExitStatus::findings;
  }
  std::set<std::string> named = request.only_tasks;
  named.insert(request.now_tasks.begin(), request.now_tasks.end());
  if (!options.tasks_must_exist) named.clear();
  for (const Error& error : unknown_task_names(result, named)) {
    std::fprintf(stderr, "maintain: %s\n", error.describe().c_str());
    program.exit_status = ExitStatus::usage;
  }
  if (program.json) {
    print(digest_json(digest, result.run, program.exit_status));
  } else {
    if (options.dry_run) print(describe_dry_run(result, *store));
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
  command->add_option("--now", options->now, "Run this task now, whatever its schedule says (repeatable)")
      ->type_name("TASK");
  command->add_flag("--dry-run,-n", options->dry_run, "Change nothing; say what would be done");
  command->add_flag("--refresh", options->refresh, "Fetch all configurations, also where cached ones are fresh");
  command->add_option("--forks", options->forks, "Servers handled at once")->check(CLI::Range(1, 256))->type_name("N");
  command->callback([&program, options] { run_due_tasks(program, *options); });
}

}  // namespace maintain
