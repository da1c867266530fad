// The supervisor's end of the launcher: starts it, and asks it for workers.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "run/channel.hpp"
#include "run/messages.hpp"

namespace maintain {

// Where the launcher finds its socket.
inline constexpr int launcher_descriptor = 3;

// The argv of maintain-worker where the settings name none: beside this program, or where it is installed.
std::vector<std::string> installed_worker();

class LauncherLink {
 public:
  // system: the program cannot be started. A launcher that starts and fails is seen as the end of its channel.
  static Result<LauncherLink> start(const std::vector<std::string>& command, const Setup& setup);

  LauncherLink(LauncherLink&& other) noexcept;
  LauncherLink& operator=(LauncherLink&& other) noexcept;
  // Closes the channel, upon which the launcher ends its workers and itself; kills it when it does not in time.
  ~LauncherLink();

  Channel& channel() { return channel_; }
  pid_t pid() const { return pid_; }

  // The supervisor's end of the new worker's socket. How it ends comes as WorkerEnded.
  Result<Channel> start_worker(std::uint64_t worker);
  void signal_worker(std::uint64_t worker, int signal);

 private:
  LauncherLink(Channel channel, pid_t pid) : channel_(std::move(channel)), pid_(pid) {}
  void end();

  Channel channel_;
  pid_t pid_ = -1;
};

}  // namespace maintain
