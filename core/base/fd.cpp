#include "base/fd.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include <fmt/format.h>

namespace maintain {
namespace {

constexpr Milliseconds lock_interval(20);

Result<void> write_all(int fd, std::string_view content, const std::string& name) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("cannot write " + name, errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno("cannot open " + directory.string(), errno);
  if (::fsync(fd.get()) != 0) return fail_errno("cannot sync " + directory.string(), errno);
  return {};
}

}  // namespace

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) return fail(ErrorKind::not_found, path.string() + " does not exist");
    return fail_errno("cannot open " + path.string(), error);
  }
  std::string content;
  char buffer[65536];
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("cannot read " + path.string(), errno);
    if (got == 0) return content;
    content.append(buffer, static_cast<std::size_t>(got));
    if (content.size() > limit)
      return fail(ErrorKind::refused, fmt::format("{} is larger than {} bytes", path.string(), limit));
  }
}

Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content, mode_t mode) {
  const std::filesystem::path directory = path.has_parent_path() ? path.parent_path() : ".";
  std::string beside = (directory / ("." + path.filename().string() + ".XXXXXX")).string();
  UniqueFd fd(::mkostemp(beside.data(), O_CLOEXEC));
  if (!fd) return fail_errno("cannot create a file in " + directory.string(), errno);
  const auto give_up = [&](Error error) {
    ::unlink(beside.c_str());
    return fail(std::move(error));
  };
  if (auto written = write_all(fd.get(), content, beside); !written) return give_up(written.error());
  if (::fchmod(fd.get(), mode) != 0) return give_up(fail_errno("cannot chmod " + beside, errno).value());
  if (::fsync(fd.get()) != 0) return give_up(fail_errno("cannot sync " + beside, errno).value());
  fd.reset();
  if (::rename(beside.c_str(), path.c_str()) != 0)
    return give_up(fail_errno("cannot replace " + path.string(), errno).value());
  return sync_directory(directory);
}

Result<void> make_directories(const std::filesystem::path& path, mode_t mode) {
  if (path.empty()) return {};
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return {};
    return fail(ErrorKind::system, path.string() + " is not a directory");
  }
  if (path.has_parent_path() && path.parent_path() != path)
    if (auto parent = make_directories(path.parent_path(), mode); !parent) return parent;
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
    return fail_errno("cannot create the directory " + path.string(), errno);
  return {};
}

Result<void> set_nonblocking(int fd, bool on) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return fail_errno("cannot read a descriptor's flags", errno);
  if (::fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) != 0)
    return fail_errno("cannot set a descriptor's flags", errno);
  return {};
}

Result<std::pair<UniqueFd, UniqueFd>> socket_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    return fail_errno("cannot make a socket pair", errno);
  return std::pair(UniqueFd(fds[0]), UniqueFd(fds[1]));
}

Result<UniqueFd> lock_file(const std::filesystem::path& path, Milliseconds patience) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return fail_errno("cannot open the lock " + path.string(), errno);
  const Deadline deadline = Deadline::after(patience);
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {  // flock(2) knows no deadline
    if (errno != EWOULDBLOCK) return fail_errno("cannot lock " + path.string(), errno);
    if (deadline.passed()) return fail(ErrorKind::busy, path.string() + " is locked by another process");
    std::this_thread::sleep_for(lock_interval);
  }
  return fd;
}

}  // namespace maintain
