// Every command of maintain(1): each adds itself and its options to the program. One file per command, its help
// beside it in cmd_NAME.md.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/program.hpp"

namespace maintain {

void add_backups_command(CLI::App& app, Program& program);
void add_config_command(CLI::App& app, Program& program);
void add_history_command(CLI::App& app, Program& program);
void add_import_command(CLI::App& app, Program& program);
void add_legacy_command(CLI::App& app, Program& program);
void add_ping_command(CLI::App& app, Program& program);
void add_plan_command(CLI::App& app, Program& program);
void add_plugins_command(CLI::App& app, Program& program);
void add_pydeps_command(CLI::App& app, Program& program);
void add_run_command(CLI::App& app, Program& program);
void add_show_command(CLI::App& app, Program& program);
void add_status_command(CLI::App& app, Program& program);
void add_trust_command(CLI::App& app, Program& program);

// A subcommand with its help text: the first line of cmd_NAME.md describes it, the rest follows the options.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& help_name);

// A command of a command: what the help of the whole says of it follows its options.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& help_name,
                      const std::string& summary);

}  // namespace maintain
