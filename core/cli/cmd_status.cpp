#include <algorithm>
#include <memory>
#include <tuple>

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

void status(Program& program, const Selection& selection) {
  const std::vector<Server> servers = program.select_servers(selection.servers);
  std::vector<TaskStatus> statuses;
  std::vector<OpenFinding> findings;
  if (const auto store = program.readable_store()) {
    statuses = value_or_fatal(store->task_statuses());
    findings = value_or_fatal(store->open_findings());
  }
  keep_those_of(servers, statuses);
  keep_those_of(servers, findings);
  worst_first(findings);
  const Time now = program.clock().now();
  if (program.json) return print(status_json(statuses, findings, now));
  const TextStyle style{.color = program.colours(), .table_width = program.table_width()};
  const std::string open = render_findings(findings, style);
  print(render_status(statuses, now, style) + (open.empty() ? "" : "\n" + open));
}

}  // namespace

void add_status_command(CLI::App& app, Program& program) {
  CLI::App* command = add_command(app, "status", "status");
  const auto selection = std::make_shared<Selection>();
  add_server_arguments(*command, *selection);
  command->callback([&program, selection] { status(program, *selection); });
}

}  // namespace maintain
