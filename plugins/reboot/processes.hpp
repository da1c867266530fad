// The processes of a server that a reboot must not interrupt. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace maintain::plugins::reboot {

struct Process {
  long long id = 0;
  std::string name = {};                // as the kernel knows it: 15 bytes
  std::vector<std::string> words = {};  // its command line
};

// "/proc/12/comm:cron" and "/proc/12/cmdline:/usr/sbin/cron<TAB>-f<TAB>" lines. Kernel threads and zombies have no
// command line and are left out.
std::vector<Process> parse_processes(std::string_view text);

// In words, each with its process id: package managers, jobs of ours, and programs of these names. Not: what waits for
// the shutdown itself, and daemons that serve all the time.
std::vector<std::string> busy_processes(const std::vector<Process>& processes, const std::vector<std::string>& names);

}  // namespace maintain::plugins::reboot
