// Does the server need a reboot, and why. One read-only script, one pure reading of it.
//
// A check that fails or is cut off is unknown, never "yes": a broken check that reads as "yes" reboots a server in
// every window for ever.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reboot/boot.hpp"

namespace maintain::plugins::reboot {

enum class Verdict { no, yes, unknown };

struct Needs {
  Verdict verdict = Verdict::unknown;
  std::string problem = {};               // why unknown
  std::vector<std::string> reasons = {};  // "libc6", "kernel 6.1.0-30-amd64"
  std::string expected_kernel = {};       // uname -r that a reboot should bring; empty: as now, or not known
  std::string expected_package = {};      // the same kernel in another package version
  std::string useless_newest = {};        // the newest kernel is the useless one and still does not run
  std::string useless_package = {};       // the same kernel in another package version
  // kernel packages that dpkg has not finished: such a kernel may not boot
  std::vector<std::string> half_installed = {};
  std::optional<long long> age_seconds = {};     // since the server itself asked for it
  std::optional<long long> last_order_seconds = {};  // since any task of a maintain last ordered a reboot there
  std::optional<Boot> boot = {};
};

// A file on the server whose age tells when a reboot was last ordered. It is for the tasks of other projects and other
// maintenance servers, which do not share our memory.
inline constexpr const char* order_mark = "/var/lib/maintain-reboot-ordered";

// POSIX sh; run it as root, read-only.
std::string needs_script();

// Pure; accepts any bytes. useless_kernel is one that a reboot did not bring: it is no reason for another.
Needs parse_needs(std::string_view output, bool has_own_kernel, std::string_view useless_kernel = {});

// "libc6, dbus and 3 more"
std::string join_reasons(const std::vector<std::string>& reasons);

}  // namespace maintain::plugins::reboot
