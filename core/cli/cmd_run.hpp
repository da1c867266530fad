// `maintain run`, also reached through the earlier bot's command line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/program.hpp"
#include "cli/selection.hpp"

namespace maintain {

struct RunOptions {
  Selection selection;
  std::vector<std::string> now;   // --now
  bool dry_run = false;
  bool refresh = false;
  std::optional<int> forks = {};
  bool tasks_must_exist = true;   // a name that no server knows is a mistake; not so in the earlier bot's command line
};

// Takes the run lock, runs what is due, prints the digest and sets program.exit_status.
void run_due_tasks(Program& program, const RunOptions& options);

}  // namespace maintain
