#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "base/text_table.hpp"
#include "cli/commands.hpp"
#include "cli/run_session.hpp"
#include "cli/selection.hpp"
#include "cli/task_names.hpp"
#include "model/names.hpp"
#include "plan/planner.hpp"

namespace maintain {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  Selection selection;
  int next = 0;
  bool refresh = false;
};

Json time_or_null(const std::optional<Time>& time) { return time ? Json(format_time(*time)) : Json(nullptr); }

// A task that is switched off has none, whatever its schedule says.
std::vector<Occurrence> occurrences(const PlannedTask& task, Time now, int count) {
  if (task.decision == Decision::disabled || task.decision == Decision::not_allowed) return {};
  return next_occurrences(task.spec, now, count);
}

Json task_json(const PlannedTask& task, Time now, int next) {
  Json json{{"server", task.key.server},   {"project", task.key.project}, {"task", task.key.task},
            {"type", task.spec.use},       {"decision", to_string(task.decision)},
            {"reason", task.reason},       {"companion_of", task.spec.companion_of},
            {"scheduled", time_or_null(task.scheduled)},
            {"window_end", time_or_null(task.window_end)}, {"next", time_or_null(task.next)}};
  if (next > 0) {
    json["occurrences"] = Json::array();
    for (const Occurrence& occurrence : occurrences(task, now, next))
      json["occurrences"].push_back({{"start", format_time(occurrence.start)}, {"end", time_or_null(occurrence.end)},
                                     {"local", occurrence.local}});
  }
  return json;
}

std::string plan_as_text(const RunResult& result, Time now, int next) {
  std::string text;
  for (const Plan& plan : result.plans) {
    TextTable table({plan.server, "", ""});
    for (const PlannedTask& task : plan.tasks) {
      table.add({"  " + project_and_task(task.key), to_string(task.decision), task.reason});
      if (next == 0) continue;
      for (const Occurrence& occurrence : occurrences(task, now, next)) table.add({"", "", "  " + occurrence.local});
    }
    if (plan.tasks.empty()) table.add({"  no tasks"});
    text += table.render();
  }
  return text;
}

void tell_errors(const RunResult& result) {
  for (const ServerReport& report : result.servers) {
    if (report.error) std::fprintf(stderr, "%s\n", server_error(report).c_str());
    for (const Error& error : report.config_errors)
      std::fprintf(stderr, "%s: %s\n", report.server.c_str(), printable(error.describe()).c_str());
  }
}

void plan(Program& program, const Options& options) {
  RunRequest request{.settings = program.settings(), .catalog = program.catalog(),
                     .servers = program.select_servers(options.selection.servers)};
  request.purpose = Purpose::plan;
  request.only_tasks = options.selection.task_set();
  // who names a task may have just written it
  request.refresh_configs = options.refresh || !request.only_tasks.empty();
  request.debug = program.debug;
  const auto store = store_to_look_at(program);
  const RunResult result = supervise_visibly(program, request, *store);
  const Time now = program.clock().now();
  if (program.json) {
    Json json{{"now", format_time(now)}, {"tasks", Json::array()}, {"errors", Json::array()}};
    for (const Plan& server : result.plans)
      for (const PlannedTask& task : server.tasks) json["tasks"].push_back(task_json(task, now, options.next));
    for (const ServerReport& report : result.servers) {
      if (report.error) json["errors"].push_back({{"server", report.server}, {"message", report.error->describe()}});
      for (const Error& error : report.config_errors)
        json["errors"].push_back({{"server", report.server}, {"message", error.describe()}});
    }
    print(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  } else {
    print(plan_as_text(result, now, options.next));
  }
  if (!program.json) tell_errors(result);
  program.exit_status = exit_status_of_servers(result);
  for (const Error& error : unknown_task_names(result, request.only_tasks)) {
    std::fprintf(stderr, "maintain: %s\n", error.describe().c_str());
    program.exit_status = ExitStatus::usage;
  }
}

}  // namespace

void add_plan_command(CLI::App& app, Program& program) {
  CLI::App* command = add_command(app, "plan", "plan");
  const auto options = std::make_shared<Options>();
  add_server_arguments(*command, options->selection);
  add_task_option(*command, options->selection);
  command->add_option("--next", options->next, "Also the next N times, in the project's time zone")
      ->check(CLI::Range(0, 1000))->type_name("N");
  command->add_flag("--refresh", options->refresh, "Fetch all configurations, also where cached ones are fresh");
  command->callback([&program, options] { plan(program, *options); });
}

}  // namespace maintain
