// A task on a server's copies that a person wants done now: restore, drill. It works from the copy alone; what the
// project's configuration, as it was last fetched, says of the task is used where it is known (run/by_hand.hpp).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "backup/task_copies.hpp"
#include "cli/program.hpp"
#include "run/supervisor.hpp"

namespace maintain {

struct ByHand {
  TaskKey copies;                              // whose
  std::string name;                            // of the task by hand: "orders.restore"
  std::string type;
  nlohmann::json options = nlohmann::json::object();  // what the person said
  std::vector<std::filesystem::path> writable = {};
  bool dry_run = false;
  bool kept = false;  // its result: can be looked up
};

// The task type that made the copy, as installed here. Fatal when none is.
const TaskType& type_that_made(Program& program, const CopyManifest& copy);

// Runs it and tells what came of it. Fatal while another one runs: they share the workers' directories. Copies of a
// server that is not in the inventory any more can be used as well, as long as nothing is wanted of the server.
void run_by_hand(Program& program, const ByHand& wanted, StateStore& store);

// Unreachable when that alone kept the task from being done. Pure.
ExitStatus exit_status_by_hand(const RunResult& result);

}  // namespace maintain
