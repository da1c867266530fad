#include "confine/system_calls.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace maintain {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t machine = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t machine = AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::uint32_t machine = AUDIT_ARCH_RISCV64;
#else
constexpr std::uint32_t machine = 0;  // its numbers were never looked at
#endif

// Numbers that Debian 12's headers do not know; they are the same on all machines.
constexpr std::uint32_t nr_fchmodat2 = 452;
constexpr std::uint32_t nr_setxattrat = 463;
constexpr std::uint32_t nr_removexattrat = 466;
constexpr std::uint32_t nr_file_setattr = 469;

// Say that they succeeded, and do nothing: initdb and others give up when the mode of a file of theirs cannot be set,
// and a file of ours that belongs to the same user must keep its mode. (By descriptor, fchmod, it is harmless: for that
// the file has to be opened first.)
constexpr std::uint32_t pretended[] = {
#ifdef __NR_chmod
    __NR_chmod,
#endif
    __NR_fchmodat, nr_fchmodat2};

constexpr std::uint32_t denied[] = {
#ifdef __NR_chown
    __NR_chown, __NR_lchown,
#endif
    __NR_fchownat, __NR_setxattr, __NR_lsetxattr, __NR_removexattr, __NR_lremovexattr, nr_setxattrat, nr_removexattrat,
    nr_file_setattr,
#ifdef __NR_utime
    __NR_utime, __NR_utimes, __NR_futimesat,
#endif
    // Files by number instead of name, and names seen from afar.
    __NR_name_to_handle_at, __NR_open_by_handle_at, __NR_inotify_init1, __NR_fanotify_init,
#ifdef __NR_inotify_init
    __NR_inotify_init,
#endif
    // The user's keys, and what the kernel shows of everybody.
    __NR_add_key, __NR_request_key, __NR_keyctl, __NR_bpf, __NR_perf_event_open,
    // Datagram sockets of a pair can be sent to any Unix socket.
    __NR_socketpair,
    // A user namespace gives capabilities, with which much more of the kernel can be attacked.
    __NR_unshare, __NR_setns};

// Would do the work of the others past this filter; of clone3 it cannot see the flags. Programs take "no such call"
// well, and use what came before it.
constexpr std::uint32_t absent[] = {__NR_io_uring_setup, __NR_io_uring_enter, __NR_io_uring_register, __NR_clone3};

using Filter = std::vector<sock_filter>;

void load(Filter& filter, std::size_t offset) {
  filter.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
}
void end(Filter& filter, std::uint32_t action) { filter.push_back(BPF_STMT(BPF_RET | BPF_K, action)); }
// Goes on with the next instruction when the loaded word is the value, else leaves out so many.
void unless(Filter& filter, std::uint32_t value, std::uint8_t skipped) {
  filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped));
}

constexpr std::uint32_t with_error(int error) { return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error); }

std::size_t argument(std::size_t index) {  // its lower half: all of these machines are little-endian
  return offsetof(seccomp_data, args) + index * sizeof(std::uint64_t);
}

Filter filter_of(const SystemCallRules& rules) {
  Filter filter;
  load(filter, offsetof(seccomp_data, arch));
  filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, machine, 1, 0));
  end(filter, SECCOMP_RET_KILL_PROCESS);  // a 32-bit program: other numbers
  load(filter, offsetof(seccomp_data, nr));
#ifdef __x86_64__
  filter.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1));  // x32: other numbers
  end(filter, with_error(ENOSYS));
#endif
  const auto answer = [&](std::uint32_t call, std::uint32_t action) {
    unless(filter, call, 1);
    end(filter, action);
  };
  for (const std::uint32_t call : pretended) answer(call, with_error(0));
  for (const std::uint32_t call : denied) answer(call, with_error(EPERM));
  for (const std::uint32_t call : absent) answer(call, with_error(ENOSYS));
  if (rules.truncation) answer(__NR_truncate, with_error(EPERM));
  unless(filter, __NR_clone, 4);
  load(filter, argument(0));
  filter.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_NEWUSER, 0, 1));
  end(filter, with_error(EPERM));
  end(filter, SECCOMP_RET_ALLOW);
  // Without a path it is about an open file.
  unless(filter, __NR_utimensat, 6);
  load(filter, argument(1));
  unless(filter, 0, 3);
  load(filter, argument(1) + sizeof(std::uint32_t));
  unless(filter, 0, 1);
  end(filter, SECCOMP_RET_ALLOW);
  end(filter, with_error(EPERM));
  // A Unix socket would reach every service of this machine whose socket may be written to, D-Bus and Docker among
  // them: no namespace but that of mounts hides those. The other families are the own network's, or the kernel's.
  unless(filter, __NR_socket, 5);
  load(filter, argument(0));
  filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 1, 0));
  unless(filter, AF_INET6, 1);
  end(filter, SECCOMP_RET_ALLOW);
  end(filter, with_error(EAFNOSUPPORT));
  end(filter, SECCOMP_RET_ALLOW);
  return filter;
}

}  // namespace

Result<void> take_system_calls(const SystemCallRules& rules) {
  if (machine == 0) return fail(ErrorKind::refused, "system calls cannot be filtered on this kind of machine yet");
  Filter filter = filter_of(rules);
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0)
    return errno == EINVAL ? fail(ErrorKind::refused, "this kernel cannot filter system calls (seccomp)")
                           : fail_errno("cannot filter system calls", errno);
  return {};
}

}  // namespace maintain
