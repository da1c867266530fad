// Where a person reads on: the same command in mails, tables and JSON.
#pragma once

#include <string>

#include "base/text.hpp"
#include "model/plan.hpp"

namespace maintain {

// Of what no run observed (a stale task) there is no output, only a past.
inline std::string command_for_more(const std::string& run_id, const TaskKey& key) {
  if (!run_id.empty()) return "maintain show " + run_id + " " + printable(to_string(key));
  std::string command = "maintain history --server " + printable(key.server);
  if (!key.project.empty()) command += " --project " + printable(key.project);
  if (!key.task.empty()) command += " --task " + printable(key.task);
  return command;
}

}  // namespace maintain
