// Tasks that concern the whole server (Scope::server), whoever declares them: at most one of a type runs at a time,
// what one project's task did another project's equal task need not repeat, and where the type wants it
// (TaskSpec::common_window), the moment must suit every project.
#pragma once

#include <string>
#include <vector>

#include "model/finding.hpp"
#include "model/project.hpp"
#include "plan/decision.hpp"

namespace maintain {

struct PlanEntry {
  PlannedTask planned;
  Candidate candidate;  // its spec points into the request
  std::string project;
};

// Lets the candidates of one server-wide type know of each other. Call before decide(). A project whose windows could
// not be read closes them for all.
void share_server_tasks(std::vector<PlanEntry>& entries, const std::vector<Project>& projects);

// A warning for each type that no moment suits. After share_server_tasks().
std::vector<Finding> windows_that_never_meet(const std::vector<PlanEntry>& entries, Time now);

// Of the due tasks of one server-wide type keeps one: one that re-attaches to a job, else the first declared. The
// others become not_yet. Returns for each entry the index of the entry that runs in its place (mostly its own).
std::vector<std::size_t> keep_one_per_type(std::vector<PlanEntry>& entries);

}  // namespace maintain
