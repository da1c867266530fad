#include "run/run_lock.hpp"

#include <unistd.h>

#include <string>

#include <fmt/format.h>

#include "base/text.hpp"

namespace maintain {

Result<RunLock> take_run_lock(const std::filesystem::path& state_directory, Time now) {
  if (auto made = make_directories(state_directory, 0700); !made) return fail(made.error());
  const auto path = state_directory / "run.lock";
  auto file = lock_file(path);
  if (!file && file.error().kind == ErrorKind::busy) {
    const auto holder = read_file(path, 200);
    const std::string who = holder ? printable(trim(*holder)) : std::string();
    return fail(ErrorKind::busy, who.empty() ? "another run is active" : "another run is active: " + who,
                "it ends by itself; to end it earlier, send it SIGTERM");
  }
  if (!file) return fail(file.error());
  const std::string text = fmt::format("process {} since {}\n", ::getpid(), format_time(now));
  if (::ftruncate(file->get(), 0) != 0 ||
      ::pwrite(file->get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    return fail_errno("cannot write " + path.string(), errno);
  return RunLock{std::move(*file)};
}

}  // namespace maintain
