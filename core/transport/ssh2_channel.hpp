// One command's channel of a libssh2 session.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "transport/ssh2_session.hpp"

namespace maintain {

class Ssh2Channel {
 public:
  // Takes a piece of output; false when no more is wanted.
  using Taker = std::function<bool(std::string_view)>;

  Ssh2Channel(Ssh2Session& session, Deadline deadline) : session_(session), deadline_(deadline) {}
  // Closes what is still open. If a call had to be left in its middle, the session is given up.
  ~Ssh2Channel();
  Ssh2Channel(const Ssh2Channel&) = delete;
  Ssh2Channel& operator=(const Ssh2Channel&) = delete;

  Result<void> open();
  Result<void> start(const std::string& line);
  // Feeds the input and takes the output until the server says that there is no more.
  // timed_out: the deadline, or `idle` without a byte of output (0: none); cancelled: also by a taker.
  Result<void> pump(std::string_view input, Milliseconds idle, const Taker& output, const Taker& error_output);
  // After pump(): waits for the end of the channel, since the exit status may come after the end of the output. Status
  // 0 may mean that the server told none: libssh2 does not know the difference.
  Result<void> finish(RemoteExit& exit);

 private:
  Result<bool> feed(std::string_view& input, bool& open);
  Result<bool> drain(int stream, const Taker& taker);

  Ssh2Session& session_;
  Deadline deadline_;
  LIBSSH2_CHANNEL* channel_ = nullptr;
  bool clean_ = true;   // no call was left in its middle
};

// 9 for "KILL"; -1 for a name that is not known.
int signal_number(std::string_view name);

}  // namespace maintain
