#include "run/confinement.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/landlock.hpp"
#include "base/sanitizer.hpp"

namespace maintain {
namespace {

void limit(int resource, rlim_t value) {
  rlimit current{};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &current) != 0) return;
  const rlim_t lowered = std::min(value, current.rlim_max);
  const rlimit wanted{std::min(lowered, current.rlim_cur), lowered};
  ::setrlimit(static_cast<__rlimit_resource>(resource), &wanted);
}

}  // namespace

std::filesystem::path ServerDirectories::of_task(const std::string& project, const std::string& task) const {
  return own / (project.empty() ? "_" : project) / task;
}

std::filesystem::path state_root(const std::filesystem::path& state, bool by_hand) {
  return by_hand ? state / "by-hand" : state;
}

ServerDirectories server_directories(const std::filesystem::path& state, const std::filesystem::path& backups,
                                     const std::filesystem::path& run, const std::string& server) {
  const std::filesystem::path own = state / "servers" / server;
  // A socket's path has room for 107 bytes, a server's name may take 100 of them: hence its hash.
  const std::string control = fmt::format("{:016x}", std::hash<std::string>{}(server)).substr(0, 12);
  return {own, own / "_tmp", backups / server, run / control};
}

std::filesystem::path stray_output_file(const ServerDirectories& directories) { return directories.own / "_output"; }

void remove_contents(const std::filesystem::path& directory) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(std::filesystem::symlink_status(directory, ignored))) {
    std::filesystem::remove(directory, ignored);
    return;
  }
  for (std::filesystem::directory_iterator entry(directory, ignored), end; entry != end; entry.increment(ignored))
    std::filesystem::remove_all(entry->path(), ignored);
}

void limit_resources() {
  constexpr rlim_t gibibyte = 1024 * 1024 * 1024;
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, 1024);
  limit(RLIMIT_FSIZE, 1024 * gibibyte);
#ifndef MAINTAIN_ADDRESS_SANITIZER  // its shadow memory counts as data
  limit(RLIMIT_DATA, 2 * gibibyte);
#endif
}

Result<void> allow_writing_only_in(const std::vector<std::filesystem::path>& directories) {
  auto rules = Landlock::make(Landlock::About::writing);
  if (!rules) return fail(rules.error());
  for (const auto& directory : directories)
    if (auto added = rules->allow_reading_and_writing(directory); !added) return added;
  // Not /dev as a whole: for root that would be every disk.
  for (const char* device : {"/dev/null", "/dev/zero", "/dev/tty"})
    if (::access(device, F_OK) == 0)
      if (auto added = rules->allow_device(device); !added) return added;
  return rules->apply();
}

}  // namespace maintain
