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

CLI::App* add(CLI::App& parent, const std::string& name, const std::string& summary, const std::string& body) {
  CLI::App* command = parent.add_subcommand(name, summary);
  command->footer("\n" + body + global_options);
  return command;
}

}  // namespace

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& help_name) {
  const HelpText help = help_text(help_name);
  return add(parent, name, help.summary, help.body);
}

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& help_name,
                      const std::string& summary) {
  return add(parent, name, summary, help_text(help_name, name).body);
}

}  // namespace maintain
