// What speaks against a reboot right now. One read-only script, one pure reading of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/sections.hpp"

namespace maintain::plugins::reboot {

struct Inhibitors {
  std::vector<std::string> reasons = {};  // "alice is logged in (pts/0)", "pg_dump is running (process 812)"
  std::string problem = {};               // set: it could not be found out, which counts as a reason, too
};

// POSIX sh; run it as root, read-only.
std::string inhibitors_script();

// Pure; accepts any bytes. busy_processes are names of programs.
Inhibitors parse_inhibitors(std::string_view output, bool ignore_users,
                            const std::vector<std::string>& busy_processes);

// The parts, for tests.
std::vector<std::string> logged_in_users(std::string_view who);
std::vector<std::string> logind_inhibitors(std::string_view busctl);
std::optional<std::string> scheduled_shutdown(std::string_view file);

}  // namespace maintain::plugins::reboot
