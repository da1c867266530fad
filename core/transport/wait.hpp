// Waiting for a descriptor with a deadline, and asking at least every 200 ms whether somebody wants us to stop.
#pragma once

#include <functional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace maintain {

constexpr Milliseconds cancel_interval{200};

using Cancelled = std::function<bool()>;

enum class Waited { ready, later, deadline, cancelled };

// One poll(2) of at most `slice`. later: nothing happened and the deadline has not passed.
Waited wait_once(int fd, short events, Deadline deadline, const Cancelled& cancelled,
                 Milliseconds slice = cancel_interval);

// Until the descriptor is ready. timed_out ("`what` timed out"), cancelled.
Result<void> wait_until_ready(int fd, short events, Deadline deadline, const Cancelled& cancelled,
                              const std::string& what);

}  // namespace maintain
