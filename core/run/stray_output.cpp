#include "run/stray_output.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/fd.hpp"
#include "base/text.hpp"

namespace maintain {

std::string read_stray_output(const ServerDirectories& directories) {
  // Neither a link to somebody's secrets nor a pipe that blocks.
  const UniqueFd file(::open(stray_output_file(directories).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink != 1) return {};
  std::array<char, 4096> end;
  const off_t start = std::max<off_t>(0, status.st_size - static_cast<off_t>(end.size()));
  const ssize_t got = ::pread(file.get(), end.data(), end.size(), start);
  if (got <= 0) return {};
  return printable(trim(std::string_view(end.data(), static_cast<std::size_t>(got))), true);
}

}  // namespace maintain
