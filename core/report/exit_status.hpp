// The exit codes of maintain(1), computed in one place.
#pragma once

#include "base/error.hpp"
#include "report/digest.hpp"

namespace maintain {

enum class ExitStatus : int {
  well = 0,         // nothing is open
  findings = 1,     // a person must act
  usage = 2,        // wrong command line or configuration
  busy = 3,         // another run is active
  unreachable = 4,  // the only trouble: a server that is not transient does not answer
};

// From what is open, told now or earlier: silence on stdout is not the same as 0.
ExitStatus exit_status(const Digest& digest);

// Of a command that ended with this error.
ExitStatus exit_status(const Error& error);

}  // namespace maintain
