#include "base/landlock.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

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

constexpr std::uint64_t execute = 1 << 0;
constexpr std::uint64_t file_writing = 1 << 1;
constexpr std::uint64_t file_reading = 1 << 2;
constexpr std::uint64_t read_directory = 1 << 3;
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
constexpr std::uint64_t all_writing = file_writing | remove_directory | remove_file | devices | make_directory |
                                      make_regular | make_socket | make_fifo | make_link | refer | truncate;
constexpr std::uint64_t all_reading = execute | file_reading | read_directory;
// What can be allowed of something that is no directory.
constexpr std::uint64_t of_files = execute | file_writing | file_reading | truncate;

std::uint64_t known_to(long version) {
  std::uint64_t rights = all_reading | all_writing;
  if (version < 2) rights &= ~refer;
  if (version < 3) rights &= ~truncate;
  return rights;
}

}  // namespace

Result<Landlock> Landlock::make(About about) {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, query_version);
  if (version < 1)
    return fail(ErrorKind::refused, errno == EOPNOTSUPP ? "Landlock is switched off in this kernel"
                                                        : "this kernel has no Landlock");
  const std::uint64_t handled =
      known_to(version) & (about == About::writing ? all_writing : all_reading | all_writing);
  const RulesetAttributes attributes{handled};
  UniqueFd rules(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (!rules) return fail_errno("cannot make a Landlock ruleset", errno);
  return Landlock(std::move(rules), handled);
}

Result<void> Landlock::allow_reading(const std::string& path) { return allow(path, all_reading); }

Result<void> Landlock::allow_reading_and_writing(const std::string& path) {
  return allow(path, (all_reading | all_writing) & ~devices);
}

Result<void> Landlock::allow_device(const std::string& path) {
  return allow(path, file_reading | file_writing | truncate);
}

Result<void> Landlock::allow(const std::string& path, std::uint64_t rights) {
  const UniqueFd beneath(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!beneath) return fail_errno(fmt::format("cannot open {}", path), errno);
  struct stat status {};
  if (::fstat(beneath.get(), &status) != 0) return fail_errno(fmt::format("cannot look at {}", path), errno);
  rights &= handled_;
  if (!S_ISDIR(status.st_mode)) rights &= of_files;
  if (rights == 0) return {};
  const PathBeneathAttributes rule{rights, beneath.get()};
  if (::syscall(SYS_landlock_add_rule, rules_.get(), rule_path_beneath, &rule, 0) != 0)
    return fail_errno(fmt::format("cannot add {} to the Landlock rules", path), errno);
  return {};
}

Result<void> Landlock::apply() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("cannot set no_new_privs", errno);
  if (::syscall(SYS_landlock_restrict_self, rules_.get(), 0) != 0)
    return fail_errno("cannot apply the Landlock rules", errno);
  return {};
}

bool Landlock::handles_truncation() const { return (handled_ & truncate) != 0; }

}  // namespace maintain
