#include "backup/drill/drill_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "backup/drill/scratch.hpp"
#include "backup/restore/restore_tree.hpp"
#include "backup/tree/rsync_command.hpp"

namespace maintain::plugins::backup {
namespace {

// linux/openat2.h, as far as it is used.
struct OpenHow {
  std::uint64_t flags, mode, resolve;
};
constexpr std::uint64_t resolve_in_root = 0x10;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string lines(const std::vector<std::string>& all) {
  std::string text;
  for (std::size_t i = 0; i < all.size() && i < 20; ++i) text += all[i] + "\n";
  return text;
}

void restore(sdk::Context& context, const sdk::OpenCopy& copy, const std::string& target) {
  RestoredTree restored;
  try {
    restored = restore_tree(context, {.path = copy.path}, {.directory = target});
  } catch (const sdk::Failure& failure) {
    if (failure.status() != MAINTAIN_FAILED) throw;
    throw DrillFailure(std::string("restoring the tree: ") + failure.what());
  }
  if (!restored.problems.empty())
    throw DrillFailure("the tree did not come back as it was", last_lines(lines(restored.problems)));
  // Only where all of it was asked to come back can numbers be compared: the manifest counts devices as files.
  const auto files = copy.manifest.value("files", std::uint64_t{0});
  if (restored.files + restored.skipped.size() < files)
    throw DrillFailure("of " + std::to_string(files) + " files " + std::to_string(restored.files) + " came back");
}

// Content, modes, times, links and attributes of what was restored against the copy once more, by checksums. `env`
// stands for the other host, because a purely local rsync would apply --fake-super to both sides. Only root can have
// given files their owners; devices were not made.
void compare(sdk::Context& context, const sdk::OpenCopy& copy, const std::string& target) {
  std::vector<std::string> argv = {"rsync", "-aHAX", "--numeric-ids", "--no-devices", "--dry-run", "--checksum",
                                   "--itemize-changes", "--delete", "-e", "env", "--remote-option=--fake-super"};
  if (::geteuid() != 0) argv.insert(argv.end(), {"--no-owner", "--no-group"});
  argv.insert(argv.end(), {"--", "LC_ALL=C:" + literal_source(copy.path) + "/", target + "/"});
  const sdk::Completed compared = context.local({.argv = std::move(argv), .quiet = true});
  if (!compared.ok())
    throw DrillFailure("comparing the restored tree failed with exit status " + std::to_string(compared.status) +
                           " of rsync",
                       last_lines(compared.error_output));
  const std::string differing = differences_in(compared.output);
  if (!differing.empty()) throw DrillFailure("the restored tree differs from the copy", last_lines(differing));
}

}  // namespace

std::string differences_in(std::string_view itemized) {
  std::string all;
  while (!itemized.empty()) {
    const std::size_t end = std::min(itemized.find('\n'), itemized.size());
    const std::string_view line = itemized.substr(0, end);
    itemized.remove_prefix(std::min(end + 1, itemized.size()));
    const bool root = line.starts_with(".d") && line.ends_with(" ./");
    if (!line.empty() && !root && !line.starts_with("skipping non-regular file \"")) all += std::string(line) + "\n";
  }
  return all;
}

std::vector<Assertion> drill_tree(sdk::Context& context, const sdk::OpenCopy& copy,
                                  const std::vector<std::string>& assertions) {
  require_programs({"rsync"}, "rsync");
  const Scratch scratch(context);
  restore(context, copy, scratch.data());
  compare(context, copy, scratch.data());
  std::vector<Assertion> judged;
  for (const std::string& path : assertions) {
    const std::string why = why_missing(scratch.data(), path);
    judged.push_back({path, why.empty(), why});
  }
  return judged;
}

std::string why_missing(const std::string& tree, const std::string& path) {
  const Descriptor root(::open(tree.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const OpenHow how{O_PATH | O_CLOEXEC, 0, resolve_in_root};
  const Descriptor found(root.get() < 0
                             ? -1
                             : static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how)));
  struct stat status {};
  if (found.get() < 0 || ::fstat(found.get(), &status) != 0) return std::strerror(errno);
  if (S_ISREG(status.st_mode) && status.st_size == 0) return "an empty file";
  if (!S_ISDIR(status.st_mode)) return {};
  const int listed = ::openat(found.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* directory = listed < 0 ? nullptr : ::fdopendir(listed);
  if (directory == nullptr) return std::strerror(errno);
  bool something = false;
  while (const dirent* entry = ::readdir(directory))
    something = something || (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0);
  ::closedir(directory);
  return something ? std::string() : "an empty directory";
}

}  // namespace maintain::plugins::backup
