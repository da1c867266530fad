// Error <-> maintain_status: the only place that knows which is which.
#pragma once

#include <maintain/plugin.h>

#include "base/error.hpp"
#include "model/run.hpp"

namespace maintain {

maintain_status to_status(ErrorKind kind);

// What a plugin's status means to the run. message: what it said of it; may be empty.
Error to_error(maintain_status status, const std::string& message);

// The outcome of a task that could not do its work because of such an error.
Outcome outcome_of(ErrorKind kind);

}  // namespace maintain
