#include "cli/usage_error.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"

namespace maintain {
namespace {

using Words = std::vector<std::string>;

Words long_options(const CLI::App& command) {
  Words names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

Words names_of_commands(const CLI::App& command) {
  Words names;
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  return names;
}

}  // namespace

Error usage_error(const CLI::App& app, const CLI::ParseError& wrong) {
  const CLI::App* command = &app;
  std::string name = app.get_name();
  Words options = long_options(app);
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    name += " " + command->get_name();
    for (std::string& option : long_options(*command)) options.push_back(std::move(option));
  }
  const auto error = [&](const std::string& what, const std::string& word, const Words& known) {
    const std::string near = nearest(word, known);
    return Error{ErrorKind::usage, name + ": " + what,
                 near.empty() ? fmt::format("'{} --help' shows what there is", name)
                              : fmt::format("did you mean '{}'?", near), {}};
  };
  const Words rest = app.remaining(true);
  const auto option = std::find_if(rest.begin(), rest.end(),
                                   [](const std::string& word) { return word.starts_with("-"); });
  if (option != rest.end()) return error(fmt::format("there is no option '{}'", printable(*option)), *option, options);
  const Words commands = names_of_commands(*command);
  if (!commands.empty() && rest.empty()) return error("a command is missing", "", {});
  if (!commands.empty()) return error(fmt::format("there is no command '{}'", printable(rest[0])), rest[0], commands);
  if (!rest.empty()) return error(fmt::format("'{}' is an argument too many", printable(rest[0])), "", {});
  return error(printable(wrong.what()), "", {});
}

}  // namespace maintain
