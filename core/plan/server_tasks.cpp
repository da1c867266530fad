#include "plan/server_tasks.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include <fmt/format.h>

namespace maintain {
namespace {

using Group = std::vector<std::size_t>;

// Entries of each server-wide type; only those that may run at all take part.
std::map<std::string, Group> groups_of(const std::vector<PlanEntry>& entries) {
  std::map<std::string, Group> groups;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Candidate& candidate = entries[i].candidate;
    if (candidate.spec->scope != Scope::server || !candidate.spec->enabled || !candidate.allowed) continue;
    groups[candidate.spec->use].push_back(i);
  }
  return groups;
}

// Success and failures of equal tasks count for each other; a job belongs to the task that started it.
TaskRecord shared_record(const std::vector<PlanEntry>& entries, const std::vector<TaskRecord>& own,
                         const Group& group, std::size_t self) {
  TaskRecord shared = own[self];
  for (const std::size_t i : group) {
    if (i == self || entries[i].candidate.spec->options != entries[self].candidate.spec->options) continue;
    const TaskRecord& other = own[i];
    if (other.last_success && (!shared.last_success || *other.last_success > *shared.last_success)) {
      shared.last_success = other.last_success;
    }
    if (other.last_attempt && (!shared.last_attempt || *other.last_attempt > *shared.last_attempt)) {
      shared.last_attempt = other.last_attempt;
      shared.last_outcome = other.last_outcome;
      shared.failures_in_a_row = other.failures_in_a_row;
    }
  }
  return shared;
}

// The windows of every project but `project`; several tasks of one project are alternatives.
std::vector<OtherWindows> windows_of_others(const std::vector<PlanEntry>& entries, const Group& group,
                                            const std::string& project) {
  std::vector<OtherWindows> others;
  for (const std::size_t i : group) {
    const PlanEntry& entry = entries[i];
    const std::optional<Schedule>& schedule = entry.candidate.schedule;
    if (entry.project == project || !schedule || !schedule->has_window()) continue;
    auto other = std::find_if(others.begin(), others.end(),
                              [&](const OtherWindows& known) { return known.project == entry.project; });
    if (other == others.end()) other = others.insert(others.end(), OtherWindows{entry.project, {}});
    other->schedules.push_back(*schedule);
  }
  return others;
}

}  // namespace

void share_server_tasks(std::vector<PlanEntry>& entries) {
  std::vector<TaskRecord> own;
  for (const PlanEntry& entry : entries) own.push_back(entry.candidate.record);
  for (const auto& [type, group] : groups_of(entries)) {
    for (const std::size_t i : group) {
      entries[i].candidate.record = shared_record(entries, own, group, i);
      entries[i].candidate.others = windows_of_others(entries, group, entries[i].project);
    }
  }
}

std::vector<std::size_t> keep_one_per_type(std::vector<PlanEntry>& entries) {
  std::vector<std::size_t> runs_as(entries.size());
  std::iota(runs_as.begin(), runs_as.end(), std::size_t{0});
  for (auto& [type, group] : groups_of(entries)) {
    std::erase_if(group, [&](std::size_t i) { return entries[i].planned.decision != Decision::due; });
    if (group.size() < 2) continue;
    auto chosen = std::find_if(group.begin(), group.end(),
                               [&](std::size_t i) { return !entries[i].candidate.record.pending_job.empty(); });
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
