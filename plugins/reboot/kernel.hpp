// Names of Linux kernels: "6.1.0-30-cloud-amd64" is version 6.1.0-30 of the flavour cloud-amd64. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace maintain::plugins::reboot {

struct KernelName {
  std::string version;
  std::string flavour;  // empty for a kernel without
};

// Nothing when it does not start with a digit.
std::optional<KernelName> parse_kernel_name(std::string_view release);

// Negative, zero or positive as the kernel version a is older than, the same as or newer than b. Runs of digits count
// as numbers, and "6.1~rc3" comes before "6.1".
int compare_kernel_versions(std::string_view a, std::string_view b);

// "6.1.0-30-amd64" and "6.1.0-28-amd64"
bool is_newer_kernel_of_same_flavour(std::string_view release, std::string_view than);

// The package version that a Debian kernel tells in `uname -v`: "#1 SMP PREEMPT_DYNAMIC Debian 6.1.124-1 (2025-01-12)".
// Empty: not Debian's, or the kernel has cut the text (it has room for 64 bytes).
std::string debian_package_version(std::string_view uname_version);

}  // namespace maintain::plugins::reboot
