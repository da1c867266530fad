#include "transport/wait.hpp"

#include <poll.h>

#include <algorithm>

namespace maintain {

Waited wait_once(int fd, short events, Deadline deadline, const Cancelled& cancelled, Milliseconds slice) {
  if (cancelled && cancelled()) return Waited::cancelled;
  if (deadline.passed()) return Waited::deadline;
  pollfd wait{fd, events, 0};
  const Milliseconds span = std::min({deadline.remaining(), slice, cancel_interval});
  const int ready = ::poll(&wait, 1, static_cast<int>(span.count()));
  if (ready > 0) return Waited::ready;
  return deadline.passed() ? Waited::deadline : Waited::later;
}

Result<void> wait_until_ready(int fd, short events, Deadline deadline, const Cancelled& cancelled,
                              const std::string& what) {
  for (;;) {
    switch (wait_once(fd, events, deadline, cancelled)) {
      case Waited::ready: return {};
      case Waited::later: break;
      case Waited::deadline: return fail(ErrorKind::timed_out, what + " timed out");
      case Waited::cancelled: return fail(ErrorKind::cancelled, what + " was cancelled");
    }
  }
}

}  // namespace maintain
