#include "cli/by_hand.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "cli/run_session.hpp"
#include "report/render_json.hpp"
#include "report/render_text.hpp"
#include "run/confinement.hpp"
#include "run/run_lock.hpp"

namespace maintain {
namespace {

Server server_of(Program& program, const std::string& name) {
  const auto& servers = program.inventory().servers;
  const auto found = std::find_if(servers.begin(), servers.end(),
                                  [&](const Server& server) { return server.name == name; });
  if (found != servers.end()) return *found;
  Server gone;
  gone.name = name;
  return gone;
}

// For the worker to read: a server wrote them.
std::vector<CachedConfig> fetched_configs(Program& program, const std::string& server) {
  const auto store = program.readable_store();
  if (!store) return {};
  return value_or_fatal(store->server_memory(server)).configs;
}

void tell(Program& program, TaskResult result, const std::string& output, bool kept) {
  if (!kept) result.run_id.clear();  // it leads nowhere
  if (program.json) return print(result_json(result, output));
  print(render_done(result, output, {.color = program.colours()}));
}

// The task's own; the server's only where there was no task: a worker that did not get as far as that.
const TaskResult* what_came_of_it(const std::vector<TaskResult>& results) {
  const auto task = std::find_if(results.begin(), results.end(),
                                 [](const TaskResult& one) { return !one.task.empty(); });
  if (task != results.end()) return &*task;
  return results.empty() ? nullptr : &results.front();
}

}  // namespace

const TaskType& type_that_made(Program& program, const CopyManifest& copy) {
  const CatalogEntry* entry = program.catalog().offering(copy.type);
  if (entry != nullptr)
    for (const TaskType& type : entry->manifest.task_types)
      if (type.name == copy.type) return type;
  fatal({ErrorKind::not_found,
         fmt::format("{} was made by a task of type {}, which no installed plugin offers", copy.id,
                     printable(copy.type)),
         "install its plugin; the copy itself is a plain directory, see maintain backups list", {}});
}

void run_by_hand(Program& program, const ByHand& wanted, StateStore& store) {
  HandTask task;
  task.task.key = {wanted.copies.server, wanted.copies.project, wanted.name};
  task.task.spec.name = wanted.name;
  task.task.spec.use = wanted.type;
  task.task.spec.options = wanted.options.dump();
  task.task.spec.companion_of = wanted.copies.task;
  task.task.decision = Decision::due;
  task.configs = fetched_configs(program, wanted.copies.server);
  task.writable = wanted.writable;
  const std::filesystem::path apart = state_root(program.settings().state_directory, true);
  ok_or_fatal(make_directories(apart, 0700));
  const RunLock lock = value_or_fatal(take_run_lock(apart, program.clock().now()));

  RunRequest request{.settings = program.settings(), .catalog = program.catalog(),
                     .servers = {server_of(program, wanted.copies.server)}};
  request.mode = wanted.dry_run ? Mode::check : Mode::apply;
  request.debug = program.debug;
  request.by_hand = std::move(task);
  const RunResult result = supervise_visibly(program, request, store);
  for (const ServerReport& report : result.servers)
    if (report.error) std::fprintf(stderr, "maintain: %s\n", server_error(report).c_str());
  const TaskResult* one = what_came_of_it(result.run.results);
  if (one != nullptr) {
    const auto output = store.task_output(result.run.id, {one->server, one->project, one->task});
    tell(program, *one, output.value_or(""), wanted.kept);
  }
  program.exit_status = program.settled(exit_status_by_hand(result));
}

ExitStatus exit_status_by_hand(const RunResult& result) {
  const ExitStatus of_server = exit_status_of_servers(result);
  const TaskResult* one = what_came_of_it(result.run.results);
  if (one == nullptr) return of_server == ExitStatus::well ? ExitStatus::findings : of_server;
  if (is_success(one->outcome) && one->findings.empty()) return of_server;
  // A server that answers again after it lost the connection is no excuse.
  const bool only_unreachable = one->findings.empty() && of_server == ExitStatus::unreachable;
  return only_unreachable ? ExitStatus::unreachable : ExitStatus::findings;
}

}  // namespace maintain
