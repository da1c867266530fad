#include "run/confinement.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <functional>

#include <fmt/format.h>

#include "base/fd.hpp"

#if defined(__SANITIZE_ADDRESS__)  // g++
#define MAINTAIN_ADDRESS_SANITIZER
#elif defined(__has_feature)  // clang++
#if __has_feature(address_sanitizer)
#define MAINTAIN_ADDRESS_SANITIZER
#endif
#endif

namespace maintain {
namespace {

// linux/landlock.h, as far as it is used. Debian 12's copy does not know TRUNCATE yet; the kernel may.
struct RulesetAttributes {
  std::uint64_t handled_access_fs;
};
struct [[gnu::packed]] PathBeneathAttributes {
  std::uint64_t allowed_access;
  std::int32_t parent_fd;
};
constexpr std::uint32_t query_version = 1;
constexpr int rule_path_beneath = 1;

constexpr std::uint64_t write_file = 1 << 1;
constexpr std::uint64_t remove_directory = 1 << 4;
constexpr std::uint64_t remove_file = 1 << 5;
constexpr std::uint64_t make_character_device = 1 << 6;
constexpr std::uint64_t make_directory = 1 << 7;
constexpr std::uint64_t make_regular = 1 << 8;
constexpr std::uint64_t make_socket = 1 << 9;
constexpr std::uint64_t make_fifo = 1 << 10;
constexpr std::uint64_t make_block_device = 1 << 11;
constexpr std::uint64_t make_link = 1 << 12;
constexpr std::uint64_t refer = 1 << 13;     // since version 2
constexpr std::uint64_t truncate = 1 << 14;  // since version 3

constexpr std::uint64_t devices = make_character_device | make_block_device;
constexpr std::uint64_t all_writing = write_file | remove_directory | remove_file | devices | make_directory |
                                      make_regular | make_socket | make_fifo | make_link | refer | truncate;

std::uint64_t known_to(long version) {
  std::uint64_t rights = all_writing;
  if (version < 2) rights &= ~refer;
  if (version < 3) rights &= ~truncate;
  return rights;
}

Result<void> allow_beneath(int ruleset, const char* path, std::uint64_t rights) {
  const UniqueFd parent(::open(path, O_PATH | O_CLOEXEC));
  if (!parent) return fail_errno(fmt::format("cannot open {}", path), errno);
  const PathBeneathAttributes rule{rights, parent.get()};
  if (::syscall(SYS_landlock_add_rule, ruleset, rule_path_beneath, &rule, 0) != 0)
    return fail_errno(fmt::format("cannot add {} to the Landlock rules", path), errno);
  return {};
}

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
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, query_version);
  if (version < 1)
    return fail(ErrorKind::refused, errno == EOPNOTSUPP ? "Landlock is switched off in this kernel"
                                                        : "this kernel has no Landlock");
  const std::uint64_t handled = known_to(version);
  const RulesetAttributes attributes{handled};
  const UniqueFd ruleset(static_cast<int>(
      ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (!ruleset) return fail_errno("cannot make a Landlock ruleset", errno);
  for (const auto& directory : directories)
    if (auto added = allow_beneath(ruleset.get(), directory.c_str(), handled & ~devices); !added) return added;
  // Not /dev as a whole: for root that would be every disk.
  for (const char* device : {"/dev/null", "/dev/zero", "/dev/tty"})
    if (::access(device, F_OK) == 0)
      if (auto added = allow_beneath(ruleset.get(), device, handled & (write_file | truncate)); !added) return added;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("cannot set no_new_privs", errno);
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0)
    return fail_errno("cannot apply the Landlock rules", errno);
  return {};
}

}  // namespace maintain
