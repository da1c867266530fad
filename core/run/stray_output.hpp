// The end of what a worker's process printed past the contract: "terminate called after throwing ...".
#pragma once

#include <string>

#include "run/confinement.hpp"

namespace maintain {

// Fit to be shown; empty when there is nothing. The file is the worker's to write, hence not trusted.
std::string read_stray_output(const ServerDirectories& directories);

}  // namespace maintain
