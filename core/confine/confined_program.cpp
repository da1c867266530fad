#include "confine/confined_program.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/landlock.hpp"
#include "confine/namespaces.hpp"
#include "confine/system_calls.hpp"

namespace maintain {
namespace {

constexpr int cannot_run = 126;  // as sh has it

Result<void> allow(Landlock& rules, const ConfinedProgram& program) {
  const auto there = [](const std::string& path) { return ::access(path.c_str(), F_OK) == 0 || errno != ENOENT; };
  for (const std::string& path : program.readable)
    if (there(path))
      if (auto allowed = rules.allow_reading(path); !allowed) return allowed;
  for (const std::string& path : program.writable)
    if (there(path))
      if (auto allowed = rules.allow_reading_and_writing(path); !allowed) return allowed;
  for (const char* device : {"/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"})
    if (there(device))
      if (auto allowed = rules.allow_device(device); !allowed) return allowed;
  return {};
}

// Those of the own user namespace. Root keeps its own: it has yet to become somebody else.
Result<void> drop_capabilities() {
  if (::geteuid() == 0) return {};
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return fail_errno("cannot drop a capability", errno);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[2] = {};
  if (::syscall(SYS_capset, &header, none) != 0) return fail_errno("cannot drop the capabilities", errno);
  return {};
}

// All of it but the process namespace, which is for children.
Result<void> confine(const ConfinedProgram& program) {
  if (auto started = start_loopback(); !started) return started;
  auto rules = Landlock::make(Landlock::About::reading_and_writing);
  if (!rules) {
    Error error = rules.error();
    error.hint = "use a kernel with Landlock (5.13 or later), and leave landlock among its security modules (lsm=)";
    return fail(error);
  }
  if (auto allowed = allow(*rules, program); !allowed) return allowed;
  if (auto dropped = drop_capabilities(); !dropped) return dropped;
  if (auto applied = rules->apply(); !applied) return applied;
  return take_system_calls({.truncation = !rules->handles_truncation()});
}

[[noreturn]] void become(const ConfinedProgram& program) {
  std::string why;
  if (auto confined = confine(program); !confined) {
    why = confined.error().describe();
  } else {
    std::vector<char*> argv;
    for (const std::string& word : program.argv) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    why = fail_errno("cannot run " + program.argv[0], errno).value().describe();
  }
  std::fprintf(stderr, "maintain-confine: %s\n", why.c_str());
  ::_exit(cannot_run);
}

[[noreturn]] void exit_like(int status) {
  if (!WIFSIGNALED(status)) ::_exit(WEXITSTATUS(status));
  ::signal(WTERMSIG(status), SIG_DFL);
  ::kill(::getpid(), WTERMSIG(status));
  ::_exit(128 + WTERMSIG(status));  // a signal that ends nobody
}

}  // namespace

Error run_confined(const ConfinedProgram& program) {
  if (auto entered = enter_namespaces(); !entered) return entered.error();
  // Held by this process alone: where it has ended before the child could ask to be ended with it, the child sees that.
  int alive[2];
  if (::pipe2(alive, O_CLOEXEC) != 0) return fail_errno("cannot make a pipe", errno).value();
  const pid_t child = ::fork();
  if (child < 0) return fail_errno("cannot start a process", errno).value();
  if (child == 0) {
    ::close(alive[1]);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    pollfd parent{alive[0], 0, 0};
    if (::poll(&parent, 1, 0) != 0) ::_exit(cannot_run);
    ::setsid();  // away from a terminal, into which it could type
    become(program);
  }
  ::close(alive[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return fail_errno("cannot wait for a process", errno).value();
  exit_like(status);
}

Result<void> try_confinement() {
  if (auto entered = enter_namespaces(); !entered) return entered;
  return confine({.readable = {"/usr"}, .writable = {}, .argv = {}});
}

}  // namespace maintain
