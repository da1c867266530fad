// A supervised run from the command line: the lock, the observer that fits the terminal, the supervisor.
#pragma once

#include <memory>
#include <string>

#include "cli/program.hpp"
#include "run/supervisor.hpp"

namespace maintain {

// Runs supervise() with a live display on a terminal, a log with --debug, and nothing of either for cron.
// Fatal when it cannot be carried out.
RunResult supervise_visibly(Program& program, const RunRequest& request, StateStore& store);

// A store that remembers nothing, for the commands that only look when there is no store yet.
std::unique_ptr<StateStore> store_to_look_at(Program& program);

// The error of a server, as every command shows it: "web1: …".
std::string server_error(const ServerReport& report);

}  // namespace maintain
