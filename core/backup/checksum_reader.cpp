#include "backup/checksum_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

namespace maintain {
namespace {

constexpr std::size_t piece = 256 * 1024;
constexpr std::size_t longest_line = 16 * 1024 * 1024;  // a path may be longer than PATH_MAX

}  // namespace

Result<ChecksumReader> ChecksumReader::open(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return fail_errno("cannot open " + path.string(), errno);
  return ChecksumReader(path, std::move(fd));
}

// False at the end.
Result<bool> ChecksumReader::read_more() {
  buffer_.erase(0, start_);
  start_ = 0;
  const std::size_t had = buffer_.size();
  if (had > longest_line)
    return fail(ErrorKind::system, fmt::format("{}:{}: a line that is too long", path_.string(), number_ + 1));
  buffer_.resize(had + piece);
  ssize_t got = 0;
  do got = ::read(fd_.get(), buffer_.data() + had, piece);
  while (got < 0 && errno == EINTR);
  const int error = errno;
  buffer_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) return fail_errno("cannot read " + path_.string(), error);
  hash_.add(std::string_view(buffer_).substr(had));
  return got > 0;
}

Result<std::optional<ChecksumLine>> ChecksumReader::next() {
  std::size_t end = 0, looked_at = start_;
  while ((end = buffer_.find('\n', looked_at)) == std::string::npos) {
    const std::size_t open = buffer_.size() - start_;
    const auto more = read_more();
    if (!more) return fail(more.error());
    if (!*more && open == 0) return std::nullopt;
    if (!*more) return fail(ErrorKind::system, path_.string() + " ends in the middle of a line");
    looked_at = open;
  }
  ++number_;
  auto line = parse_checksum_line(std::string_view(buffer_).substr(start_, end - start_));
  if (!line) return fail(ErrorKind::system, fmt::format("{}:{}: not a line of sha256sum", path_.string(), number_));
  start_ = end + 1;
  return line;
}

Result<std::string> read_checksums(const std::filesystem::path& path,
                                   const std::function<Result<void>(const ChecksumLine&)>& take) {
  auto reader = ChecksumReader::open(path);
  if (!reader) return fail(reader.error());
  for (;;) {
    const auto line = reader->next();
    if (!line) return fail(line.error());
    if (!*line) return reader->sha256();
    if (auto taken = take(**line); !taken) return fail(taken.error());
  }
}

}  // namespace maintain
