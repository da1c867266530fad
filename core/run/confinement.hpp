// What a worker gives up before it talks to a server: resources without end, and writing anywhere but in the
// directories of this one server. A server that takes over its worker can then spoil its own state and backups only.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace maintain {

// The directories of one server on the maintenance server.
struct ServerDirectories {
  std::filesystem::path own;        // state_directory/servers/<server>
  std::filesystem::path temporary;  // TMPDIR
  std::filesystem::path backups;    // backup_directory/<server>
  std::filesystem::path control;    // ssh's control sockets

  // The task's own directory; "_" for the unnamed project, which no project can be called.
  std::filesystem::path of_task(const std::string& project, const std::string& task) const;
};
// Below which the servers' own directories are. A task by hand may run beside a run, which clears up after its dead.
std::filesystem::path state_root(const std::filesystem::path& state, bool by_hand);

ServerDirectories server_directories(const std::filesystem::path& state, const std::filesystem::path& backups,
                                     const std::filesystem::path& run, const std::string& server);

// Where a worker's standard output and error output go while it runs tasks.
std::filesystem::path stray_output_file(const ServerDirectories& directories);

// Empties a directory. Whatever else has its name, a link above all, is removed and not followed: a worker that was
// taken over could have put it there, and this is done before the next one is confined.
void remove_contents(const std::filesystem::path& directory);

// No core files (they hold secrets), bounded memory, descriptors and file sizes. Children inherit all of it.
void limit_resources();

// Only writing beneath the given directories (which exist) and to /dev/null and the like is possible from now on, for
// this thread and its children; reading is as before. Sets no_new_privs, so set-user-id programs (sudo) no longer work.
// refused, with the reason, where the kernel has no Landlock or it is switched off: nothing has changed then. Any other
// error: it should have worked, and the process is not to be trusted with a server.
Result<void> allow_writing_only_in(const std::vector<std::filesystem::path>& directories);

}  // namespace maintain
