#include "plan/server_tasks.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <string_view>

#include <fmt/format.h>

#include "base/text.hpp"

namespace maintain {
namespace {

using Group = std::vector<std::size_t>;

enum class Disabled { take_part, stay_out };

// Entries of each server-wide type; only those that may run at all take part.
std::map<std::string, Group> groups_of(const std::vector<PlanEntry>& entries, Disabled disabled) {
  std::map<std::string, Group> groups;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Candidate& candidate = entries[i].candidate;
    if (candidate.spec->scope != Scope::server || !candidate.allowed) continue;
    if (!candidate.spec->enabled && disabled == Disabled::stay_out) continue;
    groups[candidate.spec->use].push_back(i);
  }
  return groups;
}

// Success and failures of equal tasks count for each other; state and job belong to the task itself.
void add_to(TaskRecord& shared, const TaskRecord& other) {
  if (other.last_success && (!shared.last_success || *other.last_success > *shared.last_success)) {
    shared.last_success = other.last_success;
  }
  if (other.last_attempt && (!shared.last_attempt || *other.last_attempt > *shared.last_attempt)) {
    shared.last_attempt = other.last_attempt;
    shared.last_outcome = other.last_outcome;
    shared.failures_in_a_row = other.failures_in_a_row;
  }
}

void share_records(std::vector<PlanEntry>& entries, const Group& group) {
  std::map<std::string_view, TaskRecord> of_options;
  for (const std::size_t i : group) {
    add_to(of_options[entries[i].candidate.spec->options], entries[i].candidate.record);
  }
  for (const std::size_t i : group) {
    add_to(entries[i].candidate.record, of_options.at(entries[i].candidate.spec->options));
  }
}

// The windows of every project; several tasks of one project are alternatives.
std::shared_ptr<CommonWindows> windows_of(const std::vector<PlanEntry>& entries, const Group& group) {
  const auto common = std::make_shared<CommonWindows>();
  std::map<std::string_view, std::size_t> place;
  for (const std::size_t i : group) {
    const std::optional<Schedule>& schedule = entries[i].candidate.schedule;
    if (!schedule || !schedule->has_window()) continue;
    const auto [known, is_new] = place.try_emplace(entries[i].project, common->projects.size());
    if (is_new) common->projects.push_back({entries[i].project, {}});
    common->projects[known->second].schedules.push_back(*schedule);
  }
  return common;
}

// Who declares such a task in a way that could not be read, and nothing that could.
std::vector<std::string> without_known_windows(const std::vector<Project>& projects, const CommonWindows& common,
                                               const TaskSpec& spec) {
  std::vector<std::string> names;
  for (const Project& project : projects) {
    const bool may = project.allow.empty() || spec.permission.empty() || project.allow.contains(spec.permission);
    const bool known = std::any_of(common.projects.begin(), common.projects.end(),
                                   [&](const ProjectWindows& one) { return one.project == project.name; });
    if ((project.unreadable || project.left_out.contains(spec.use)) && may && !known) names.push_back(project.name);
  }
  return names;
}

}  // namespace

void share_server_tasks(std::vector<PlanEntry>& entries, const std::vector<Project>& projects) {
  for (const auto& [type, group] : groups_of(entries, Disabled::stay_out)) {
    share_records(entries, group);
    const TaskSpec& spec = *entries[group.front()].candidate.spec;
    if (!spec.common_window) continue;
    const auto common = windows_of(entries, group);
    common->unknown = without_known_windows(projects, *common, spec);
    for (const std::size_t i : group) entries[i].candidate.common = common;
  }
}

std::vector<Finding> windows_that_never_meet(const std::vector<PlanEntry>& entries, Time now) {
  std::vector<Finding> findings;
  for (const auto& [type, group] : groups_of(entries, Disabled::stay_out)) {
    const std::shared_ptr<const CommonWindows> common = entries[group.front()].candidate.common;
    if (!common || common->projects.size() < 2 || !common->unknown.empty()) continue;
    const bool meet = std::any_of(group.begin(), group.end(), [&](std::size_t i) {
      return entries[i].candidate.schedule && has_common_moment(entries[i].candidate, now);
    });
    if (meet || common->steps_left <= 0) continue;  // with too much to look at, nothing is sure
    std::vector<std::string> names;
    for (const ProjectWindows& one : common->projects) names.push_back(project_in_words(one.project));
    Finding finding;
    finding.state = State::warning;
    finding.code = "plan.windows";
    finding.subject = type;
    finding.title = fmt::format("{} never runs: the windows of {} have no moment in common", type,
                                join(names, " and "));
    finding.action = "give the projects windows that overlap, or take the task out of all but one";
    findings.push_back(std::move(finding));
  }
  return findings;
}

std::vector<std::size_t> keep_one_per_type(std::vector<PlanEntry>& entries) {
  std::vector<std::size_t> runs_as(entries.size());
  std::iota(runs_as.begin(), runs_as.end(), std::size_t{0});
  for (auto& [type, group] : groups_of(entries, Disabled::take_part)) {
    std::erase_if(group, [&](std::size_t i) { return entries[i].planned.decision != Decision::due; });
    if (group.size() < 2) continue;
    auto chosen = std::find_if(group.begin(), group.end(),
                               [&](std::size_t i) { return !entries[i].candidate.record.pending_jobs.empty(); });
    if (chosen == group.end()) chosen = group.begin();
    const PlanEntry& leader = entries[*chosen];
    for (const std::size_t i : group) {
      if (i == *chosen) continue;
      runs_as[i] = *chosen;
      PlannedTask& planned = entries[i].planned;
      planned.decision = Decision::not_yet;
      planned.reason = fmt::format("one {} per server and run: this time as {} of {}", planned.spec.use,
                                   leader.planned.key.task, project_in_words(leader.project));
      planned.scheduled.reset();
      planned.window_end.reset();
    }
  }
  return runs_as;
}

}  // namespace maintain
