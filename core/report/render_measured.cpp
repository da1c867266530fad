// The numbers that tell several things of a kind apart: a table with a line for each thing.
#include <cmath>

#include <fmt/format.h>

#include "base/text.hpp"
#include "model/names.hpp"
#include "report/painted_table.hpp"
#include "report/render_text.hpp"

namespace maintain {
namespace {

std::string value_text(const Metric& metric) {
  if (!std::isfinite(metric.value)) return "-";
  if (metric.unit == "ratio") return fmt::format("{:.0f} %", metric.value * 100);
  constexpr double longest = 1e15;  // what a span in whole seconds can hold with room to spare
  if (metric.unit == "seconds" && std::abs(metric.value) < longest)
    return format_duration(Seconds(static_cast<std::int64_t>(metric.value)));
  return fmt::format("{}{}{}", metric.value, metric.unit.empty() ? "" : " ", metric.unit);
}

// "certificate_lifetime_left" -> "certificate lifetime left"
std::string words_of(std::string name) {
  for (char& c : name)
    if (c == '_') c = ' ';
  return name;
}

struct Line {
  std::string subject;
  std::string values;
};

std::vector<Line> lines_of(const TaskStatus& status) {
  std::vector<Line> lines;
  for (const Metric& metric : status.measured) {
    Line* line = nullptr;
    for (Line& known : lines)
      if (known.subject == metric.subject) line = &known;
    if (line == nullptr) line = &lines.emplace_back(Line{metric.subject, {}});
    line->values += (line->values.empty() ? "" : ", ") + words_of(metric.name) + " " + value_text(metric);
  }
  return lines;
}

}  // namespace

std::string render_measured(const std::vector<TaskStatus>& statuses, const TextStyle& style) {
  PaintedTable table({"SERVER", "TASK", "OF", "MEASURED"}, style);
  bool any = false;
  for (const TaskStatus& status : statuses)
    for (const Line& line : lines_of(status)) {
      table.add({status.key.server, project_and_task(status.key), line.subject, line.values});
      any = true;
    }
  return any ? table.render() : std::string();
}

}  // namespace maintain
