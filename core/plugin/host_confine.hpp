// A local program as maintain-confine runs it.
#pragma once

#include <maintain/plugin.h>

#include <string>
#include <vector>

#include "plugin/host.hpp"

namespace maintain {

using HostWords = tl::expected<std::vector<std::string>, HostFailure>;

// The words that run the program confined. INVALID_ARGUMENT; UNSUPPORTED, with what is missing here and the remedy:
// asked each time, for a program that runs without its confinement is what must not be.
HostWords confined_words(const Host& host, const std::vector<std::string>& argv, const maintain_confinement* raw);

}  // namespace maintain
