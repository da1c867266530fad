// A worker's end of the talk with the supervisor. Messages leave at once, from any thread; a thread of its own listens
// for cancellations and answers, and ends the process soon after the supervisor has gone.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "run/messages.hpp"
#include "run/wire.hpp"

namespace maintain {

class WorkerLink {
 public:
  explicit WorkerLink(UniqueFd socket);

  // Greets, and waits for the assignment. To be called before listen(), while the process has one thread (Landlock
  // confines threads one by one).
  Result<Assignment> receive_assignment();
  void listen();

  // refused: too large for a frame. A supervisor that has gone is not an error here.
  Result<void> send(const Message& message);
  // Sends and waits for the supervisor's answer, which it gives within `patience`.
  Result<void> ask(Ask ask, Milliseconds patience);

  // The task that Cancel{index} can mean from now on.
  void set_current_task(std::optional<std::uint64_t> index);
  bool cancelled() const;          // the current task, or everything
  bool everything_cancelled() const { return everything_cancelled_.load(); }

 private:
  Result<Message> receive();       // blocks; unreachable: the supervisor has closed
  void listen_until_closed();

  UniqueFd socket_;
  FrameDecoder decoder_;
  std::mutex sending_;

  std::mutex answering_;
  std::condition_variable answered_;
  std::map<std::uint64_t, std::optional<Error>> answers_;
  std::uint64_t last_ask_ = 0;

  static constexpr std::uint64_t no_task = UINT64_MAX;
  std::atomic<std::uint64_t> current_task_{no_task};
  std::atomic<std::uint64_t> cancelled_task_{no_task};
  std::atomic<bool> everything_cancelled_{false};
};

}  // namespace maintain
