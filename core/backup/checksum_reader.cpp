#include "backup/checksum_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "backup/sha256.hpp"
#include "base/fd.hpp"

namespace maintain {
namespace {

constexpr std::size_t piece = 256 * 1024;
constexpr std::size_t longest_line = 16 * 1024 * 1024;  // a path may be longer than PATH_MAX

}  // namespace

Result<std::string> read_checksums(const std::filesystem::path& path,
                                   const std::function<Result<void>(const ChecksumLine&)>& take) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return fail_errno("cannot open " + path.string(), errno);
  Sha256 hash;
  std::string buffer(piece, '\0'), rest;
  std::uint64_t number = 0;
  const auto take_lines = [&]() -> Result<void> {
    std::size_t start = 0;
    for (std::size_t end; (end = rest.find('\n', start)) != std::string::npos; start = end + 1) {
      ++number;
      const auto line = parse_checksum_line(std::string_view(rest).substr(start, end - start));
      if (!line)
        return fail(ErrorKind::system, fmt::format("{}:{}: not a line of sha256sum", path.string(), number));
      if (auto taken = take(*line); !taken) return taken;
    }
    rest.erase(0, start);
    return {};
  };
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("cannot read " + path.string(), errno);
    if (got == 0) break;
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    hash.add(bytes);
    rest.append(bytes);
    if (auto taken = take_lines(); !taken) return fail(taken.error());
    if (rest.size() > longest_line)
      return fail(ErrorKind::system, fmt::format("{}:{}: a line that is too long", path.string(), number + 1));
  }
  if (!rest.empty()) return fail(ErrorKind::system, path.string() + " ends in the middle of a line");
  return hash.hexadecimal();
}

}  // namespace maintain
