// A RemoteCommand as a program of the maintenance server: what the openssh and the local transport share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/process.hpp"
#include "transport/transport.hpp"

namespace maintain {

// Runs argv with the command's deadlines, cancelled when settings say so. The streams go to on_output and
// on_error_output. timed_out, also for silence; cancelled, also when a receiver wants no more. `server` is for
// messages.
Result<LocalExit> run_with_deadlines(const std::string& server, const std::vector<std::string>& argv,
                                     const std::string& input, const RemoteCommand& command,
                                     const TransportSettings& settings,
                                     const std::function<bool(std::string_view)>& on_output,
                                     const std::function<bool(std::string_view)>& on_error_output);

}  // namespace maintain
