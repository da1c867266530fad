// The launcher: a small single-threaded process that has everything loaded and forks one worker per server, which
// costs a fraction of what starting a program costs. It is their parent: it reaps them, signals them, and ends what
// they leave behind. It knows nothing of servers and reads nothing but the supervisor's requests.
#pragma once

#include <functional>

#include "base/fd.hpp"
#include "run/messages.hpp"

namespace maintain {

// Runs in the forked process; returns its exit status.
using WorkerBody = std::function<int(UniqueFd socket)>;

// Until the supervisor closes `link`. `prepare` is called once, before the first fork. Returns the exit status.
int run_launcher(UniqueFd link, const std::function<WorkerBody(Setup)>& prepare);

}  // namespace maintain
