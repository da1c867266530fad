// Finds the line that tells a command's exit status in its standard error, and takes it out.
//
// The system's ssh ends with 255 both when the command did and when the connection was lost. So the command is followed
// by a line of our own, with a token that nothing else prints: where it is missing, the command was cut off.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace maintain {

class StatusFilter {
 public:
  explicit StatusFilter(const std::string& token) : mark_("maintain-status-" + token + " ") {}

  // For a POSIX shell: `line` in a subshell, then the status line on standard error.
  std::string wrap(const std::string& line) const {
    return "(" + line + "); maintain_s=$?; printf '%s %s\\n' '" + mark_.substr(0, mark_.size() - 1) +
           "' \"$maintain_s\" >&2; exit \"$maintain_s\"";
  }

  // What of the stream is the command's own. It may hold back an end that could be the beginning of the line.
  std::string pass(std::string_view piece);
  // What was held back, at the end of the stream.
  std::string rest();
  std::optional<int> status() const { return status_; }

 private:
  std::string mark_;
  std::string held_;
  std::optional<int> status_;
};

}  // namespace maintain
