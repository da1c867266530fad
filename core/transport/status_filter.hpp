// Finds the line that tells a command's exit status in its standard error, and takes it out.
//
// Neither way of ours to talk SSH says for certain how a command ended. The system's ssh ends with 255 both when the
// command did and when the connection was lost; libssh2 says 0 also when the server closed the channel without a word
// (sshd's ChannelTimeout). So the command is followed by a line of our own, with a token that nothing else prints:
// where it is missing, the command was cut off.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "transport/transport.hpp"

namespace maintain {

class StatusFilter {
 public:
  explicit StatusFilter(const std::string& token) : mark_("maintain-status-" + token + " ") {}

  // For a POSIX shell: `line` in a subshell, then the status line on standard error. The shell's own remarks about a
  // signal ("Killed") are not the command's and go nowhere.
  std::string wrap(const std::string& line) const {
    return "{ (" + line + ") 2>&3 3>&-; maintain_s=$?; } 3>&2 2>/dev/null; printf '%s %s\\n' '" +
           mark_.substr(0, mark_.size() - 1) + "' \"$maintain_s\" >&2; exit \"$maintain_s\"";
  }

  // What of the stream is the command's own. It may hold back an end that could be the beginning of the line.
  std::string pass(std::string_view piece);
  // What was held back, at the end of the stream.
  std::string rest();
  std::optional<int> status() const { return status_; }
  // The status as the command's end: what a shell says of a command that a signal ended (128 + n) is told as the
  // signal. False when the line has not come.
  bool tell(RemoteExit& exit) const;

 private:
  std::string mark_;
  std::string held_;
  std::optional<int> status_;
};

}  // namespace maintain
