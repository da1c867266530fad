// Who holds the locks of dpkg and apt.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace maintain::plugins {

struct LockHolder {
  std::string lock;          // path
  std::string pid;
  std::int64_t started = 0;  // when the process began, in ticks since the boot: with the pid it names a process
  std::string command;       // may be empty
};

inline constexpr std::string_view dpkg_locks = "/var/lib/dpkg/lock-frontend /var/lib/dpkg/lock";

// POSIX sh, for a script that runs as root: defines `lock_holders FILE...`, a line for each holder. Files that do not
// exist are held by nobody; it fails when the locks cannot be read.
std::string_view lock_holders_function();

// What it printed. Pure; accepts any bytes.
std::vector<LockHolder> parse_lock_holders(std::string_view body);

// The program that holds a lock, or its process id; printable.
std::string holder_name(const LockHolder& holder);

}  // namespace maintain::plugins
