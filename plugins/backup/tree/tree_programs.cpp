#include "backup/tree/tree_programs.hpp"

#include "backup/tree/tree_inspect.hpp"
#include "common/sections.hpp"

namespace maintain::plugins::backup {

WayToServer way_to_server(sdk::Context& context) {
  WayToServer way;
  try {
    way.shell = context.remote_shell(true);
  } catch (const sdk::Failure& failure) {
    if (failure.status() != MAINTAIN_UNSUPPORTED) throw;
    return {};  // the maintenance server itself
  }
  if (way.shell.size() < 2) throw sdk::Failure(MAINTAIN_INTERNAL, "the remote shell has no destination");
  way.host = way.shell.back();
  way.shell.pop_back();
  return way;
}

std::string local_rsync_version(sdk::Context& context) {
  std::string version;
  try {
    version = rsync_version(context.local({.argv = {"rsync", "--version"}, .read_only = true, .quiet = true}).output);
  } catch (const sdk::Failure& failure) {
    if (failure.status() != MAINTAIN_NOT_FOUND) throw;
  }
  if (version.empty())
    throw sdk::Failure(MAINTAIN_FAILED, "rsync is not installed on the maintenance server: install the package rsync");
  return version;
}

std::string last_line(std::string_view text) {
  std::string_view last;
  for (const std::string_view line : split_lines(text))
    if (!trim(line).empty()) last = trim(line);
  return printable(last.substr(0, 300));
}

}  // namespace maintain::plugins::backup
