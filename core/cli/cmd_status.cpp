#include <algorithm>
#include <cstdio>
#include <memory>
#include <tuple>

#include "base/text.hpp"
#include "cli/collect_backups.hpp"
#include "cli/commands.hpp"
#include "cli/selection.hpp"
#include "report/finding_order.hpp"
#include "report/render_json.hpp"
#include "report/render_text.hpp"

namespace maintain {
namespace {

// What earlier runs left of servers that are no longer ours, or switched off, is nobody's concern any more.
template <class Entry>
void keep_those_of(const std::vector<Server>& servers, std::vector<Entry>& entries) {
  std::erase_if(entries, [&](const Entry& entry) {
    return std::none_of(servers.begin(), servers.end(),
                        [&](const Server& server) { return server.name == entry.key.server; });
  });
}

void worst_first(std::vector<OpenFinding>& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const OpenFinding& a, const OpenFinding& b) {
    const auto place_of = [](const OpenFinding& open) {
      return std::tuple(-severity_rank(open.finding.state), std::tie(open.key, open.finding.code));
    };
    return place_of(a) != place_of(b) ? place_of(a) < place_of(b) : reads_before(a.finding, b.finding);
  });
}

// Nothing when they cannot be looked at: the rest is worth knowing without them.
std::optional<std::vector<BackupStatus>> backups_of(Program& program, const std::vector<Server>& servers,
                                                    const std::vector<TaskStatus>& statuses,
                                                    const StateStore* store) {
  using Records = Result<std::vector<std::pair<TaskKey, TaskRecord>>>;
  auto collected = collect_backups(program.settings().backup_directory, servers, statuses,
                                   [&](const std::string& server) {
                                     return store != nullptr ? store->server_records(server) : Records{};
                                   });
  const auto& second = program.settings().second;
  if (collected && second)
    if (auto added = add_second_statuses(*collected, program.settings().backup_directory, second->max_age,
                                         program.clock().now()); !added)
      collected = fail(added.error());
  if (collected) return std::move(*collected);
  std::fprintf(stderr, "maintain: %s\n", printable(collected.error().describe()).c_str());
  program.exit_status = exit_status(collected.error());
  return std::nullopt;
}

void status(Program& program, const Selection& selection) {
  const std::vector<Server> servers = program.select_servers(selection.servers);
  std::vector<TaskStatus> statuses;
  std::vector<OpenFinding> findings;
  const auto store = program.readable_store();
  if (store) {
    statuses = value_or_fatal(store->task_statuses());
    findings = value_or_fatal(store->open_findings());
  }
  keep_those_of(servers, statuses);
  keep_those_of(servers, findings);
  worst_first(findings);
  const Time now = program.clock().now();
  const auto backups = backups_of(program, servers, statuses, store.get());
  if (program.json) return print(status_json(statuses, findings, backups, now));
  const TextStyle style{
      .color = program.colours(), .table_width = program.table_width(), .ascii = !program.utf8_locale()};
  std::string text = render_status(statuses, now, style);
  for (const std::string& block : {render_measured(statuses, style),
                                   render_backups(backups.value_or(std::vector<BackupStatus>()), now, style),
                                   render_findings(findings, style)})
    if (!block.empty()) text += "\n" + block;
  print(text);
}

}  // namespace

void add_status_command(CLI::App& app, Program& program) {
  CLI::App* command = add_command(app, "status", "status");
  const auto selection = std::make_shared<Selection>();
  add_server_arguments(*command, *selection);
  command->callback([&program, selection] { status(program, *selection); });
}

}  // namespace maintain
