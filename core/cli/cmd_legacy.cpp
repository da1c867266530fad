// The earlier bot's command line, so that its crontab line changes one word.
#include <algorithm>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "cli/cmd_run.hpp"
#include "cli/commands.hpp"

namespace maintain {
namespace {

struct Options {
  std::string backup_directory, log_directory, config_cache_directory;
  std::optional<std::string> server, task, configuration;
  bool dry_run = false;
};

constexpr const char* nicknames[] = {"backupdb",     "backupdirectory", "backupdockervolume", "renewcert",
                                     "virtualenv",   "availosfixes",    "osfixes",            "reboot",
                                     "check_reboot", "run_custom_command"};

void legacy(Program& program, const Options& options) {
  if (options.configuration) program.config_directory = *options.configuration;
  std::error_code ignored;
  program.backup_directory = std::filesystem::absolute(options.backup_directory, ignored);  // workers work elsewhere
  RunOptions run;
  if (options.server) run.selection.servers = {*options.server};
  if (options.task) {
    const auto known = [&](const char* nickname) { return *options.task == nickname; };
    if (std::none_of(std::begin(nicknames), std::end(nicknames), known))
      fatal({ErrorKind::usage, fmt::format("no task nickname '{}'", *options.task),
             fmt::format("the earlier bot knew {}", fmt::join(nicknames, ", ")), {}});
    run.selection.tasks = {*options.task};
  }
  run.dry_run = options.dry_run;
  run.tasks_must_exist = false;  // the nickname is a good one; which servers have such a task is theirs to say
  run_due_tasks(program, run);
}

}  // namespace

void add_legacy_command(CLI::App& app, Program& program) {
  CLI::App* command = add_command(app, "legacy", "legacy");
  const auto options = std::make_shared<Options>();
  command->add_option("backup_dir", options->backup_directory, "Where backups are kept")->required()
      ->type_name("BACKUP_DIR");
  command->add_option("log_dir", options->log_directory, "Accepted and not used: the state store has the output")
      ->required()->type_name("LOG_DIR");
  command->add_option("config_cache_dir", options->config_cache_directory,
                      "Accepted and not used: the state store has them")
      ->required()->type_name("CONFIG_CACHE_DIR");
  command->add_flag("--dry-run", options->dry_run, "Change nothing; say what would be done");
  command->add_option("--server", options->server, "Only this server")->type_name("NAME");
  command->add_option("--task", options->task, "Only this task, by its nickname")->type_name("NICK");
  command->add_option("--configuration", options->configuration, "Directory that holds servers.yml")->type_name("DIR");
  command->callback([&program, options] { legacy(program, *options); });
}

}  // namespace maintain
