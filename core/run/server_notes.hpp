// What is recorded of a server and its projects apart from tasks: results with an empty task. See supervisor.hpp.
#pragma once

#include <string>

#include "base/error.hpp"
#include "model/server.hpp"
#include "run/messages.hpp"
#include "run/run_state.hpp"

namespace maintain {

// The server was reached and its configuration read: one result per project with findings, one for the server.
void record_notes(RunState& state, const Server& server, const Planned& planned);

// It was not, or not any more. An error that only a person can mend is a finding of its own.
void record_no_contact(RunState& state, const Server& server, const Error& error);

// Its worker died again and again, or got nowhere.
void record_given_up(RunState& state, const Server& server, const std::string& how, const std::string& stray_output);

}  // namespace maintain
