// File descriptors and whole files, wrapped once. Every file that matters is written beside, fsynced, renamed.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace maintain {

// Owns a file descriptor; closes it.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

// The whole file as bytes. refused when it is larger than limit; not_found when it does not exist.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit);

// Replaces path as one step: a reader sees the old content or the new one, also after a power cut.
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content, mode_t mode = 0644);

// mkdir -p with mode for what it creates. Succeeds when the directory is there already.
Result<void> make_directories(const std::filesystem::path& path, mode_t mode = 0755);

Result<void> set_nonblocking(int fd, bool on);

// A connected pair of stream sockets, close-on-exec.
Result<std::pair<UniqueFd, UniqueFd>> socket_pair();

// An exclusive flock on path, created 0600 if absent and never deleted, so that it cannot go stale.
// busy when another process still holds it after patience, which bounds the wait for holders who need it for a moment.
Result<UniqueFd> lock_file(const std::filesystem::path& path, Milliseconds patience = Milliseconds::zero());

}  // namespace maintain
