#include <algorithm>
#include <memory>

#include "cli/commands.hpp"
#include "cli/selection.hpp"
#include "report/render_json.hpp"
#include "report/render_text.hpp"

namespace maintain {
namespace {

void status(Program& program, const Selection& selection) {
  std::vector<TaskStatus> statuses;
  if (const auto store = program.readable_store()) statuses = value_or_fatal(store->task_statuses());
  if (!selection.servers.empty()) {
    const std::vector<Server> servers = program.select_servers(selection.servers);
    std::erase_if(statuses, [&](const TaskStatus& task) {
      return std::none_of(servers.begin(), servers.end(), [&](const Server& server) { return server.name == task.key.server; });
    });
  }
  const Time now = program.clock().now();
  print(program.json ? status_json(statuses, now) : render_status(statuses, now, {.color = program.colours()}));
}

}  // namespace

void add_status_command(CLI::App& app, Program& program) {
  CLI::App* command = add_command(app, "status", "status");
  const auto selection = std::make_shared<Selection>();
  add_server_arguments(*command, *selection);
  command->callback([&program, selection] { status(program, *selection); });
}

}  // namespace maintain
