// A supervised run from the command line: the observer that fits the terminal, the supervisor, and what an interruption
// means for the command.
#pragma once

#include <memory>
#include <string>

#include "cli/program.hpp"
#include "run/supervisor.hpp"

namespace maintain {

// Runs supervise() with a live display on a terminal, a log with --debug, and nothing of either for cron. An
// interruption is told on standard error and kept in program.interrupted. Fatal when it cannot be carried out, and when
// root would leave things in the state directory of another user that this user could not use later.
RunResult supervise_visibly(Program& program, const RunRequest& request, StateStore& store);

// For the commands that only look: what is there, or a store in memory. They never make one.
std::unique_ptr<StateStore> store_to_look_at(Program& program);

// The error of a server, as every command shows it: "web1: …".
std::string server_error(const ServerReport& report);

// Of commands that only ask servers: findings when a person must see to one, unreachable when some did not answer.
ExitStatus exit_status_of_servers(const RunResult& result);

}  // namespace maintain
