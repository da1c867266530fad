#include "confine/namespaces.hpp"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/fd.hpp"

namespace maintain {

Result<void> enter_namespaces() {
  const int own = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWUTS;
  const bool root = ::geteuid() == 0;
  if (::unshare(root ? own : own | CLONE_NEWUSER) == 0) return {};
  const std::string why = std::strerror(errno);
  if (root)
    return fail(ErrorKind::refused, "namespaces cannot be made here: " + why,
                "in a container: run maintain on the machine itself, or give the container the capability SYS_ADMIN");
  return fail(ErrorKind::refused, "user namespaces cannot be made here: " + why,
              "allow them to unprivileged users: sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone and "
              "kernel.apparmor_restrict_unprivileged_userns, as far as this kernel has them");
}

Result<void> start_loopback() {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return fail_errno("cannot make a socket", errno);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) return fail_errno("cannot start the loopback", errno);
  return {};
}

}  // namespace maintain
