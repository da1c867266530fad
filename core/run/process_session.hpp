// Ending what a dead worker left: programs it had started (ssh, rsync) live on in its session.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

namespace maintain {

// SIGKILL to every process of the session but its (dead) leader.
void kill_session(pid_t leader);

// The session in the text of /proc/PID/stat; the program's name in it may hold anything. Pure.
std::optional<pid_t> session_in_stat(std::string_view stat);

}  // namespace maintain
