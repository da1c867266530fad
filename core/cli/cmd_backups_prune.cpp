#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "backup/kept_policy.hpp"
#include "base/text.hpp"
#include "base/text_table.hpp"
#include "cli/backups.hpp"
#include "cli/commands.hpp"
#include "plan/time_zone.hpp"

namespace maintain {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  CopiesOf of;
  bool dry_run = false;
};

// What the task's last run pruned by; a task that never came to that goes by the settings.
KeptPolicy policy_of(const std::filesystem::path& directory, const Settings& settings) {
  const auto kept = value_or_fatal(read_kept_policy(directory));
  return kept.value_or(KeptPolicy{settings.keep_copies, usual_min_verified, "UTC"});
}

PruneReport prune_one(const TaskKey& key, const KeptPolicy& kept, const Options& options, const Settings& settings) {
  const auto zone = TimeZone::find(kept.timezone);
  if (!zone)
    fatal({ErrorKind::configuration, fmt::format("{}: there is no time zone '{}'", to_string(key),
                                                 printable(kept.timezone)), {}, {}});
  const RetentionPolicy policy = value_or_fatal(parse_retention_policy(kept.keep));
  const auto wall_clock = [&zone](Time time) { return zone->wall_clock(time); };
  TaskCopies copies(settings.backup_directory, key);
  return value_or_fatal(copies.prune(policy, kept.min_verified, wall_clock, options.dry_run, never_interrupted));
}

std::string fate_of(const PruneReport& report, const PruneReport::Decided& copy, bool dry_run) {
  const auto is_in = [&](const std::vector<std::string>& ids) {
    return std::find(ids.begin(), ids.end(), copy.id) != ids.end();
  };
  if (copy.fate.keep) return "stays";
  if (is_in(report.removed)) return "removed";
  if (is_in(report.busy)) return "stays, is being read";
  if (!report.stopped.empty()) return "stays, removal is stopped";
  return dry_run ? "would go" : "stays";
}

void prune(Program& program, const Options& options) {
  const Settings& settings = program.settings();
  if (!options.dry_run) refuse_copies_of_another(program);
  Json all = Json::array();
  std::string text;
  for (const TaskKey& key : select_copies(program, options.of)) {
    const auto directory = copies_directory(settings.backup_directory, key);
    const KeptPolicy kept = policy_of(directory, settings);
    const PruneReport report = prune_one(key, kept, options, settings);
    Json copies = Json::array();
    TextTable table({"COPY", "FATE", "WHY"});
    for (const PruneReport::Decided& copy : report.copies) {
      copies.push_back({{"id", copy.id}, {"keep", copy.fate.keep}, {"reasons", copy.fate.reasons}});
      table.add({copy.id, fate_of(report, copy, options.dry_run), join(copy.fate.reasons, ", ")});
    }
    all.push_back({{"server", key.server}, {"project", key.project}, {"task", key.task},
                   {"keep", Json::parse(kept.keep)}, {"min_verified", kept.min_verified},
                   {"timezone", kept.timezone}, {"stopped", report.stopped}, {"copies", copies},
                   {"removed", report.removed}, {"busy", report.busy}});
    text += fmt::format("{}  keep {}, at least {}, {}\n", to_string(key), kept.keep, kept.min_verified, kept.timezone);
    if (!report.stopped.empty())
      text += fmt::format("nothing is removed: {}\n", report.stopped);
    text += table.render() + "\n";
  }
  if (program.json) return print(Json{{"dry_run", options.dry_run}, {"tasks", all}}.dump(2) + "\n");
  print(text.empty() ? fmt::format("There are no copies in {}.\n", settings.backup_directory.string()) : text);
}

}  // namespace

void add_backups_prune(CLI::App& backups, Program& program) {
  CLI::App* command = add_command(backups, "prune", "backups", "Remove the copies that are not to be kept");
  const auto options = std::make_shared<Options>();
  add_copies_arguments(*command, options->of, false);
  command->add_flag("--dry-run", options->dry_run, "Remove nothing, say what would go, and why the rest stays");
  command->callback([&program, options] { prune(program, *options); });
}

}  // namespace maintain
