#include "cli/backups.hpp"
#include "cli/commands.hpp"

namespace maintain {

void add_backups_command(CLI::App& app, Program& program) {
  CLI::App* command = add_command(app, "backups", "backups");
  command->require_subcommand(1);
  add_backups_list(*command, program);
  add_backups_verify(*command, program);
  add_backups_prune(*command, program);
  add_backups_accept(*command, program);
  add_backups_push(*command, program);
  add_backups_restore(*command, program);
  add_backups_drill(*command, program);
}

}  // namespace maintain
