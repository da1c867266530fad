#include "cli/commands.hpp"

#include "cli/help.hpp"

namespace maintain {
namespace {

// Those that main() adds; CLI11 shows them for the program only.
constexpr const char* global_options = R"(
GLOBAL OPTIONS
    --config DIR  directory that holds servers.yml
    --json        print JSON instead of text
    --debug       log every step to standard error
)";

}  // namespace

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& help_name) {
  const HelpText help = help_text(help_name);
  CLI::App* command = parent.add_subcommand(name, help.summary);
  command->footer("\n" + help.body + global_options);
  return command;
}

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& help_name,
                      const std::string& summary) {
  CLI::App* command = add_command(parent, name, help_name);
  command->description(summary);
  return command;
}

}  // namespace maintain
