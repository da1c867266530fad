// The open findings, below the status table: what the exit status of `run` and an earlier mail speak of.
#include <fmt/format.h>

#include "base/text.hpp"
#include "model/names.hpp"
#include "report/painted_table.hpp"
#include "report/render_text.hpp"
#include "report/show_command.hpp"

namespace maintain {
namespace {

constexpr std::size_t title_bytes = 100;

}  // namespace

std::string render_findings(const std::vector<OpenFinding>& findings, const TextStyle& style) {
  if (findings.empty()) return {};
  PaintedTable table({"FINDING", "WHERE", "WHAT", "SINCE"}, style);
  for (const OpenFinding& open : findings)
    table.add({to_string(open.finding.state), to_string(open.key), shorten(printable(open.finding.title), title_bytes),
               format_time(open.since)},
              color_of(open.finding.state));
  const OpenFinding& worst = findings.front();
  return table.render() + "More of the first: " + command_for_more(worst.run_id, worst.key) + "\n";
}

}  // namespace maintain
