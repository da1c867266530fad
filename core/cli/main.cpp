// maintain(1): the command line. Parses, dispatches, and is the one place where Fatal is caught.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/help.hpp"
#include "cli/usage_error.hpp"
#include "report/wrap.hpp"

namespace maintain {
namespace {

constexpr std::size_t option_column = 22;  // leaves room for a sentence on a terminal of 80 columns

int run_command_line(int argc, char** argv) {
  const HelpText help = help_text("maintain");
  CLI::App app{std::string(trim(wrap(help.summary, "", 79))), "maintain"};
  app.footer("\n" + help.body);
  app.get_formatter()->column_width(option_column);
  app.set_version_flag("--version", MAINTAIN_VERSION);
  app.require_subcommand(1);
  app.fallthrough();  // global options are also understood after the command's name

  Program program;
  app.add_option("--config", program.config_directory, "Directory that holds servers.yml")->type_name("DIR");
  app.add_flag("--json", program.json, "Print JSON instead of text");
  app.add_flag("--debug", program.debug, "Log every step to standard error");

  add_run_command(app, program);
  add_plan_command(app, program);
  add_status_command(app, program);
  add_history_command(app, program);
  add_backups_command(app, program);
  add_pydeps_command(app, program);
  add_show_command(app, program);
  add_ping_command(app, program);
  add_trust_command(app, program);
  add_config_command(app, program);
  add_plugins_command(app, program);
  add_import_command(app, program);
  add_legacy_command(app, program);

  try {
    std::vector<std::string> arguments = with_words_for_options({argv + std::min(argc, 1), argv + argc});
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
    app.parse(std::move(arguments));
  } catch (const CLI::Success& asked) {
    return app.exit(asked);  // --help, --version
  } catch (const CLI::ParseError& wrong) {
    std::fprintf(stderr, "%s\n", usage_error(app, wrong).describe().c_str());
    return static_cast<int>(ExitStatus::usage);
  }
  return static_cast<int>(program.settled(program.exit_status));
}

}  // namespace
}  // namespace maintain

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return maintain::run_command_line(argc, argv);
  } catch (const maintain::Fatal& fatal) {
    std::fprintf(stderr, "maintain: %s\n", fatal.what());
    return fatal.exit_code();
  } catch (const std::exception& defect) {
    std::fprintf(stderr, "maintain: internal error: %s\n", defect.what());
    return static_cast<int>(maintain::ExitStatus::findings);
  }
}
