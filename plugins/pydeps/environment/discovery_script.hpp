// The part of inventory_script() that looks for environments which nobody named: those that systemd's services and
// running processes use.
#pragma once

#include <string_view>

namespace maintain::pydeps {

// A shell function `discover`, which calls `environment PATH BY` of inventory_script() for at most 500 candidates and
// prints "hidden" for those that cannot be looked at. The environment variables and arguments of other programs, which
// hold secrets, never leave the server: only directories with a pyvenv.cfg do.
//
// Not seen: environments in containers, whose paths mean something else outside of them, and those that only cron or a
// person uses.
std::string_view discovery_functions();

}  // namespace maintain::pydeps
