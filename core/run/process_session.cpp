#include "run/process_session.hpp"

#include <charconv>
#include <csignal>
#include <filesystem>
#include <string>

#include "base/fd.hpp"
#include "base/text.hpp"

namespace maintain {

std::optional<pid_t> session_in_stat(std::string_view stat) {
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  const auto fields = split_words(stat.substr(name_end + 1));  // state, parent, group, session, ...
  if (fields.size() < 4) return std::nullopt;
  pid_t session = 0;
  const auto [end, error] = std::from_chars(fields[3].data(), fields[3].data() + fields[3].size(), session);
  if (error != std::errc()) return std::nullopt;
  return session;
}

void kill_session(pid_t leader) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size() || pid == leader) continue;
    const auto stat = read_file(entry->path() / "stat", 4096);
    if (stat && session_in_stat(*stat) == leader) ::kill(pid, SIGKILL);
  }
}

}  // namespace maintain
