// Tasks that concern the whole server (Scope::server), whoever declares them: at most one of a type runs at a time,
// what one project's task did another project's equal task need not repeat, and where windows are declared, the
// moment must suit every project.
#pragma once

#include <string>
#include <vector>

#include "plan/decision.hpp"

namespace maintain {

struct PlanEntry {
  PlannedTask planned;
  Candidate candidate;  // its spec points into the request
  std::string project;
};

// Lets the candidates of one server-wide type know of each other. Call before decide().
void share_server_tasks(std::vector<PlanEntry>& entries);

// Of the due tasks of one server-wide type keeps one: one that re-attaches to a job, else the first declared. The
// others become not_yet. Returns for each entry the index of the entry that runs in its place (mostly its own).
std::vector<std::size_t> keep_one_per_type(std::vector<PlanEntry>& entries);

}  // namespace maintain
