// Shared by tests, of other folders too.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace maintain::testing {

// The exit status of a child that does this: what a process gives up it gives up for good. -1: it did not exit.
inline int in_child(const std::function<int()>& body) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(body());
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace maintain::testing
