#include <sys/stat.h>

#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "base/text_table.hpp"
#include "cli/commands.hpp"
#include "cli/run_session.hpp"
#include "config/own_files.hpp"
#include "config/project_config.hpp"
#include "model/names.hpp"
#include "run/config_rules.hpp"
#include "run/plugin_opinions.hpp"

namespace maintain {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t largest_config = 256 * 1024;

Json error_json(const Error& error) {
  Json json{{"message", error.message}, {"hint", error.hint}};
  if (error.where)
    json.update({{"file", error.where->file}, {"line", error.where->line}, {"column", error.where->column}});
  return json;
}

// One answer for all three forms of the command: what was looked at, and what is wrong with it.
void answer(Program& program, const std::vector<std::string>& looked_at, const std::vector<Error>& errors,
            const std::vector<Error>& warnings) {
  if (!errors.empty()) program.exit_status = exit_status(errors.front());
  if (program.json) {
    Json json{{"checked", looked_at}, {"errors", Json::array()}, {"warnings", Json::array()}};
    for (const Error& error : errors) json["errors"].push_back(error_json(error));
    for (const Error& warning : warnings) json["warnings"].push_back(error_json(warning));
    return print(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  for (const Error& error : errors) print(printable(error.describe()) + "\n");
  for (const Error& warning : warnings) print("warning: " + printable(warning.describe()) + "\n");
  if (errors.empty()) print(join(looked_at, "\n") + "\n");
}

void check_file(Program& program, const std::string& file) {
  const auto text = read_file(file, largest_config);
  if (!text && text.error().kind == ErrorKind::refused)  // as it is told of a file on a server
    return answer(program, {}, {{ErrorKind::configuration, "is larger than 256 KiB", {}, Position{file}}}, {});
  if (!text) return answer(program, {}, {text.error()}, {});
  ParsedProject parsed = parse_project_config(file, *text, config_rules(program.catalog()));
  for (Error& error : ask_plugins({parsed.project}, program.catalog())) parsed.errors.push_back(std::move(error));
  std::vector<std::string> good;
  for (const TaskSpec& task : parsed.project.tasks)
    good.push_back(fmt::format("{}: {} ({}) {}", file, task.name, task.use, task.when.empty() ? "by hand" : task.when));
  if (good.empty() && parsed.errors.empty()) good.push_back(file + ": no tasks");
  answer(program, good, parsed.errors, {});
}

void check_own_files(Program& program) {
  const auto settings = read_settings(find_config_directory(program.config_directory));
  if (!settings) return answer(program, {}, {settings.error()}, {});
  const auto inventory = read_inventory(*settings);
  if (!inventory) return answer(program, {}, {inventory.error()}, {});
  std::vector<std::string> good;
  for (const Server& server : inventory->servers)
    good.push_back(fmt::format("{}: {}{}{}", server.name, server.user.empty() ? "" : server.user + "@",
                               fmt::format("{}:{}", server.host(), server.port), server.enabled ? "" : " (disabled)"));
  if (good.empty()) good.push_back("no servers in " + settings->config_directory.string());
  std::vector<Error> warnings = inventory->warnings;
  for (Error& doubt : doubts_about(*settings, *inventory)) warnings.push_back(std::move(doubt));
  for (const SkippedPlugin& skipped : program.catalog().skipped) warnings.push_back(skipped.reason);
  answer(program, good, {}, warnings);
}

void check_server(Program& program, const std::string& name) {
  RunRequest request{.settings = program.settings(), .catalog = program.catalog(),
                     .servers = program.select_servers({name})};
  request.purpose = Purpose::check_config;
  request.refresh_configs = true;
  request.debug = program.debug;
  const auto store = store_to_look_at(program);
  const RunResult result = supervise_visibly(program, request, *store);
  std::vector<std::string> good;
  std::vector<Error> errors;
  for (const ServerReport& report : result.servers) {
    if (report.error) {
      errors.push_back({report.error->kind, report.server + ": " + report.error->message, report.error->hint, {}});
      continue;
    }
    for (const std::string& file : report.config_files) good.push_back(fmt::format("{}:{}: good", report.server, file));
    if (report.config_files.empty())
      errors.push_back({ErrorKind::configuration, fmt::format("{} has no maintenance configuration", report.server),
                        fmt::format("a project puts its own into {}", config_directory), {}});
    for (Error error : report.config_errors) {
      if (error.where) error.where->file = report.server + ":" + error.where->file;
      errors.push_back(std::move(error));
    }
  }
  answer(program, good, errors, {});
}

// A name of the inventory is a server, what is there as a file is a file; both cannot be confused, because a
// server's name holds no slash and a file beside us can be written ./NAME. On a project's own machine, where files are
// written before they are put onto a server, there is no inventory.
void check(Program& program, const std::string& what) {
  if (what.empty()) return check_own_files(program);
  struct stat status {};
  const bool is_file = ::stat(what.c_str(), &status) == 0;
  if (what.find('/') == std::string::npos) {
    const auto settings = read_settings(find_config_directory(program.config_directory));
    const auto inventory = settings ? read_inventory(*settings) : Result<Inventory>(fail(settings.error()));
    if (inventory && inventory->find(what) != nullptr) return check_server(program, what);
    if (!inventory && !is_file) return answer(program, {}, {inventory.error()}, {});
  }
  if (is_file) return check_file(program, what);
  answer(program, {}, {{ErrorKind::usage, fmt::format("'{}' is neither a file nor a server of the inventory", what),
                        "'maintain config check' without an argument lists the servers", {}}}, {});
}

}  // namespace

void add_config_command(CLI::App& app, Program& program) {
  CLI::App* command = add_command(app, "config", "config");
  command->require_subcommand(1);
  CLI::App* checking = add_command(*command, "check", "config",
                                   "Check a configuration file, a server's configurations, or our own files");
  const auto what = std::make_shared<std::string>();
  checking->add_option("what", *what, "A project's configuration file, or a server")->type_name("FILE|SERVER");
  checking->callback([&program, what] { check(program, *what); });
}

}  // namespace maintain
