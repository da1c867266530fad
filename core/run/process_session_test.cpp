#include "run/process_session.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

using namespace maintain;

TEST_CASE("the session is found behind any program name") {
  CHECK(session_in_stat("12 (sh) S 1 12 34 0 -1 4194304") == 34);
  CHECK(session_in_stat("12 (a) b (c)) S 1 2 3) S 1 12 35 0") == 35);
  CHECK_FALSE(session_in_stat(""));
  CHECK_FALSE(session_in_stat("12 (sh) S 1"));
  CHECK_FALSE(session_in_stat("12 (sh) S 1 2 x"));
}

TEST_CASE("what a session's leader left is ended, nothing else") {
  int told[2];
  REQUIRE(::pipe(told) == 0);
  const pid_t leader = ::fork();
  if (leader == 0) {
    ::setsid();
    const pid_t left = ::fork();
    if (left == 0)
      for (;;) ::pause();
    (void)!::write(told[1], &left, sizeof left);
    ::_exit(0);
  }
  pid_t left = 0;
  REQUIRE(::read(told[0], &left, sizeof left) == sizeof left);
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, left, 0));
  REQUIRE(process >= 0);
  kill_session(leader);
  pollfd watched{process, POLLIN, 0};
  CHECK(::poll(&watched, 1, 5000) == 1);
  ::waitpid(leader, nullptr, 0);
  for (const int fd : {process, told[0], told[1]}) ::close(fd);
}
