#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/selection.hpp"
#include "report/python_report.hpp"
#include "report/render_text.hpp"

namespace maintain {
namespace {

constexpr int results_read = 50;  // of each task, to find the one that saved what is known and whether one failed since

enum class Format { text, json, cyclonedx };
constexpr std::array<std::pair<const char*, Format>, 3> formats = {
    {{"text", Format::text}, {"json", Format::json}, {"cyclonedx", Format::cyclonedx}}};

struct Options {
  Selection selection;
  std::optional<std::string> format;
};

Format format_of(const std::optional<std::string>& word, bool json) {
  if (!word) return json ? Format::json : Format::text;
  std::vector<std::string> words;
  for (const auto& [name, format] : formats) {
    words.emplace_back(name);
    if (*word != name) continue;
    if (json && format == Format::text)
      fatal({ErrorKind::usage, "--json and --format text contradict each other", "leave one of them out", {}});
    return format;
  }
  const std::string near = nearest(*word, words);
  fatal({ErrorKind::usage, fmt::format("there is no format '{}'", printable(*word)),
         near.empty() ? "--format takes " + join(words, ", ") : fmt::format("did you mean '{}'?", near), {}});
}

std::vector<PythonTask> tasks_of(const StateStore& store, const std::vector<Server>& servers) {
  std::vector<PythonTask> tasks;
  for (const TaskStatus& status : value_or_fatal(store.task_statuses())) {
    const bool is_meant = std::any_of(servers.begin(), servers.end(),
                                      [&](const Server& server) { return server.name == status.key.server; });
    if (!is_meant || status.type != python_task_type) continue;
    tasks.push_back(python_task(status, value_or_fatal(store.history(status.key, results_read))));
  }
  return tasks;
}

// Whoever takes a document as the whole would take an empty one for a server without packages.
void refuse_empty(const std::vector<PythonTask>& tasks) {
  if (std::any_of(tasks.begin(), tasks.end(), [](const PythonTask& task) { return task.checked.has_value(); })) return;
  fatal({ErrorKind::refused,
         fmt::format("no task of the type {} has run yet on these servers, so there is nothing to list",
                     python_task_type),
         fmt::format("'maintain run --now {}' runs those that there are", python_task_type), {}});
}

void report(Program& program, const Options& options) {
  const Format format = format_of(options.format, program.json);
  const std::vector<Server> servers = program.select_servers(options.selection.servers);
  std::vector<PythonTask> tasks;
  if (const auto store = program.readable_store()) tasks = tasks_of(*store, servers);
  const Time now = program.clock().now();
  switch (format) {
    case Format::text: return print(python_report_text(tasks, now, {.color = program.colours()}));
    case Format::json: return print(python_report_json(tasks, now));
    case Format::cyclonedx: refuse_empty(tasks); return print(python_report_cyclonedx(tasks, now));
  }
}

}  // namespace

void add_pydeps_command(CLI::App& app, Program& program) {
  CLI::App* command = add_command(app, "pydeps", "pydeps");
  command->require_subcommand(1);
  CLI::App* reporting = add_command(*command, "report", "pydeps", "What the last checks found, as text or a document");
  const auto options = std::make_shared<Options>();
  add_server_arguments(*reporting, options->selection);
  reporting->add_option("--format", options->format, "text, json or cyclonedx; text when not given")
      ->type_name("FORMAT");
  reporting->callback([&program, options] { report(program, *options); });
}

}  // namespace maintain
