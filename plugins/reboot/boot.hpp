// Which boot of a server this is, and which kernel it runs.
//
// The boot id alone does not do: a container that restarts keeps the boot id of the machine below. Its first process
// then has another start time.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "common/sections.hpp"

namespace maintain::plugins::reboot {

struct Boot {
  std::string id = {};
  std::string first_process = {};   // start time of process 1, in the kernel's ticks; may be unknown: empty
  std::string kernel = {};          // uname -r
  std::string kernel_version = {};  // uname -v
};

// POSIX sh for a script that starts with section_prelude(). Needs no root.
std::string boot_sections();

// Pure. Nothing when the boot id or the kernel's name was not told.
std::optional<Boot> parse_boot(const Sections& sections);

// Whether the server went down in between.
bool booted_anew(const Boot& before, const Boot& now);

nlohmann::json boot_to_json(const Boot& boot);
Boot boot_from_json(const nlohmann::json& document);

}  // namespace maintain::plugins::reboot
