// Durations among a task's options.
#pragma once

#include <optional>
#include <string>

#include <maintain/plugin.hpp>

namespace maintain::plugins {

// Nothing when the option is not given. Throws sdk::InvalidOption; `path` is where the option stands: "/limits/held".
std::optional<sdk::Milliseconds> duration_option(const sdk::Json& json, const char* key, const std::string& path = {});

}  // namespace maintain::plugins
