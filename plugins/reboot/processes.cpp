#include "reboot/processes.hpp"

#include <algorithm>
#include <array>

#include "common/program.hpp"
#include "common/sections.hpp"

namespace maintain::plugins::reboot {
namespace {

constexpr std::size_t most_processes = 20000;
constexpr std::size_t most_told = 10;

std::string_view program_of(const Process& process) { return plugins::program_of(process.words); }

bool has_word(const Process& process, std::string_view word) {
  return std::find(process.words.begin(), process.words.end(), word) != process.words.end();
}

bool is_named(const Process& process, std::string_view name) {
  constexpr std::size_t kernel_limit = 15;
  return program_of(process) == name || process.name == name.substr(0, kernel_limit);
}

// unattended-upgrade-shutdown runs all the time under the kernel name unattended-upgr and waits for the shutdown.
bool waits_for_shutdown(const Process& process) {
  return std::any_of(process.words.begin(), process.words.end(), [](const std::string& word) {
    return base_name(word) == "unattended-upgrade-shutdown";
  });
}

bool is_package_manager(const Process& process) {
  static constexpr std::array names{"dpkg", "apt", "apt-get", "aptitude", "unattended-upgrade", "unattended-upgr",
                                    "apt.systemd.daily"};
  return !waits_for_shutdown(process) &&
         std::any_of(names.begin(), names.end(), [&](const char* name) { return is_named(process, name); });
}

// The wrapper of a detached job: /bin/sh <directory of jobs>/<id>/run ...
std::string_view job_of(const Process& process) {
  constexpr std::string_view base = "/maintain-jobs/";
  if (process.words.size() < 2 || !process.words[1].ends_with("/run")) return {};
  const std::string_view script = process.words[1];
  const std::size_t at = script.find(base);
  if (at == std::string_view::npos) return {};
  const std::string_view id = script.substr(at + base.size());
  return id.substr(0, id.size() - std::string_view("/run").size());
}

}  // namespace

std::vector<Process> parse_processes(std::string_view text) {
  constexpr std::string_view proc = "/proc/";
  std::map<long long, std::string> names;
  std::vector<Process> processes;
  for (const std::string_view line : split_lines(text)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !line.starts_with(proc)) continue;
    const std::string_view path = line.substr(proc.size(), colon - proc.size());
    const std::string_view value = line.substr(colon + 1);
    const auto id = parse_number(path.substr(0, path.find('/')));
    if (!id) continue;
    if (path.ends_with("/comm")) names.emplace(*id, value);
    if (!path.ends_with("/cmdline") || processes.size() == most_processes) continue;
    // A script given to `sh -c` has many lines, and each comes with the file's name before it.
    if (!processes.empty() && processes.back().id == *id) continue;
    Process process{.id = *id};
    for (std::size_t at = 0; at < value.size();) {
      const std::size_t end = std::min(value.find('\t', at), value.size());
      process.words.emplace_back(value.substr(at, end - at));
      at = end + 1;
    }
    if (!process.words.empty()) processes.push_back(std::move(process));
  }
  for (Process& process : processes)
    if (const auto found = names.find(process.id); found != names.end()) process.name = found->second;
  return processes;
}

std::vector<std::string> busy_processes(const std::vector<Process>& processes, const std::vector<std::string>& names) {
  std::vector<std::string> busy;
  const auto tell = [&](std::string_view what, const Process& process) {
    if (busy.size() < most_told)
      busy.push_back(std::string(what) + " is running (process " + std::to_string(process.id) + ")");
  };
  for (const Process& process : processes) {
    if (const auto job = job_of(process); !job.empty()) tell("the maintenance job " + std::string(job), process);
    else if (is_package_manager(process)) tell(program_of(process), process);
    else if (is_named(process, "rsync") && has_word(process, "--daemon")) continue;
    else if (std::any_of(names.begin(), names.end(), [&](const auto& name) { return is_named(process, name); }))
      tell(program_of(process), process);
  }
  return busy;
}

}  // namespace maintain::plugins::reboot
