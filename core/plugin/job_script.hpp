// The small POSIX sh scripts of maintain.job/1: what runs on the server. They need sh and coreutils, and systemd-run
// or setsid. Arguments are positional; nothing is pasted into a script's text.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace maintain {

// The file that a job's wrapper runs with sh: sets the variables, then the script with its arguments, or the argv.
// user: whom the wrapper, which is root, makes way for; empty: it stays what it is.
std::string job_command_file(const std::vector<std::string>& argv, const std::string& script,
                             const std::map<std::string, std::string>& environment, const std::string& user = {});

// Exit statuses of the scripts, apart from 0.
inline constexpr int job_exists = 41;
inline constexpr int job_not_started = 42;
inline constexpr int job_still_runs = 43;

// All take $1 the base directory and $2 the job's id.
// $3 start of a systemd unit's name, $4 size of the command file, which is standard input, $5 "quiet" or empty
std::string job_start_script();
std::string job_find_script();     // prints none, running, finished or lost
std::string job_poll_script();     // $3 offset, $4 longest wait in seconds, $5 most bytes; see JobPoll
std::string job_stop_script();     // $3 grace in seconds
std::string job_collect_script();

}  // namespace maintain
