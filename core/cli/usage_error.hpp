// What is wrong with a command line, in one line that says where and what to do.
#pragma once

#include <CLI/CLI.hpp>

#include "base/error.hpp"

namespace maintain {

// `app` has just thrown `wrong` from parse().
Error usage_error(const CLI::App& app, const CLI::ParseError& wrong);

}  // namespace maintain
