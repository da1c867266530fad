// Local programs (ssh, rsync, hooks, sendmail), through Boost.Process: argv, never a shell.
#pragma once

#include <csignal>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace maintain {

struct LocalCommand {
  std::vector<std::string> argv;             // argv[0] is looked up in PATH unless it holds a slash
  std::map<std::string, std::string> environment = {};  // added to, or replacing, the caller's
  std::string directory = {};                // working directory; empty: the caller's
  std::string input = {};                    // standard input; empty means /dev/null
  Milliseconds timeout = std::chrono::minutes(10);
  std::size_t output_limit = 16 * 1024 * 1024;  // per stream; what exceeds it is dropped and `truncated` set
  // When set, output goes here as it comes and is not collected. Returning false ends the program.
  std::function<bool(std::string_view)> on_output = {};
  std::function<bool(std::string_view)> on_error_output = {};
  std::function<bool()> cancelled = {};      // asked at least once a second
};

struct LocalExit {
  int status = 0;     // exit status; meaningless when signal != 0
  int signal = 0;     // the signal that ended it, or 0
  bool truncated = false;
  std::string output;
  std::string error_output;

  bool ok() const { return status == 0 && signal == 0; }
  std::string describe() const;  // "exit status 3", "killed by signal 9"
};

// Runs to the end. not_found: no such program; timed_out/cancelled: it was ended (SIGTERM, then SIGKILL after
// two seconds, its whole process group) and reaped.
Result<LocalExit> run_local(const LocalCommand& command);

}  // namespace maintain
