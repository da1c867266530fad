// Backups below the table of `status`.
#include <fmt/format.h>

#include "base/text.hpp"
#include "model/names.hpp"
#include "report/backup_status.hpp"
#include "report/fit_table.hpp"
#include "report/painted_table.hpp"
#include "report/render_text.hpp"

namespace maintain {
namespace {

const std::string none = "-";

// A clock that was set back makes nothing younger than new.
std::string since(Time time, Time now) { return format_duration(std::max(now - time, Seconds::zero())); }

std::string age_of(const BackupStatus& status, Time now) {
  return (status.newest ? since(status.newest->started, now) : none) + (is_stale(status, now) ? " stale" : "");
}

std::string drill_of(const BackupStatus& status, Time now) {
  if (!status.last_drill) return none;
  const Drill& drill = *status.last_drill;
  std::string text = fmt::format("{} {} ago", drill.passed ? "passed" : "failed", since(drill.when, now));
  if (drill.took) text += fmt::format(", took {}", format_duration(std::chrono::ceil<Seconds>(*drill.took)));
  return text;
}

std::string notes_on(const BackupStatus& status, Time now) {
  std::vector<std::string> notes;
  if (!status.damaged.empty())
    notes.push_back(count_of(status.damaged.size(), "copy", "copies") + " DAMAGED, nothing is removed");
  if (!status.quarantined.empty())
    notes.push_back(count_of(status.quarantined.size(), "copy", "copies") + " quarantined");
  if (is_second_stale(status, now))
    notes.push_back(fmt::format("second place: {}{} behind, limit {}", status.second->in_step ? "" : "nothing sent, ",
                                since(*second_behind(status), now), format_duration(status.second->max_age)));
  if (lacks_drill(status, now)) {
    const bool never = !status.last_drill && !status.last_passed_drill;
    const bool tried = status.last_drill && now - status.last_drill->when <= drill_patience;
    const auto days = std::chrono::duration_cast<std::chrono::hours>(drill_patience).count() / 24;
    notes.push_back(never ? "no drill yet" : fmt::format("no drill {}in {} days", tried ? "passed " : "", days));
  }
  if (status.task == BackupStatus::Task::switched_off) notes.push_back("switched off");
  if (status.task == BackupStatus::Task::unknown) notes.push_back("no such task is known");
  return join(notes, ", ");
}

std::string_view color_of(const BackupStatus& status, Time now) {
  const bool failed = status.last_drill && !status.last_drill->passed;
  if (!status.newest || !status.damaged.empty() || !status.quarantined.empty() || is_stale(status, now) || failed)
    return color_of(Outcome::failed);
  return lacks_drill(status, now) || is_second_stale(status, now) ? color_of(State::warning) : std::string_view();
}

}  // namespace

std::string render_backups(const std::vector<BackupStatus>& backups, Time now, const TextStyle& style) {
  if (backups.empty()) return {};
  TableText text{{"SERVER", "BACKUP", "NEWEST VERIFIED", "AGE", "MAX AGE", "SIZE", "SIZES", "LAST DRILL", "NOTE"}, {}};
  std::vector<std::string_view> colors;
  for (const BackupStatus& status : backups) {
    text.rows.push_back({printable(status.key.server), project_and_task(status.key),
                         status.newest ? status.newest->id : none, age_of(status, now),
                         status.max_age ? format_duration(*status.max_age) : none,
                         status.newest ? size_text(status.newest->bytes) : none,
                         status.sizes.empty() ? none : sparkline(status.sizes, style.ascii), drill_of(status, now),
                         notes_on(status, now)});
    colors.push_back(color_of(status, now));
  }
  if (style.table_width > 0)
    fit_table(text, static_cast<std::size_t>(style.table_width), {"MAX AGE", "NEWEST VERIFIED", "SIZES"},
              {"SERVER", "BACKUP", "LAST DRILL", "NOTE"});
  PaintedTable table(text.headings, style);
  for (std::size_t i = 0; i < text.rows.size(); ++i) table.add(std::move(text.rows[i]), colors[i]);
  return table.render();
}

}  // namespace maintain
