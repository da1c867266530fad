// One end of a socket that carries messages, for the event loops of supervisor and launcher: never blocks.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "run/messages.hpp"
#include "run/wire.hpp"

namespace maintain {

class Channel {
 public:
  Channel() = default;
  // The socket becomes non-blocking. Descriptors are taken only from a side that is trusted with our table of them.
  explicit Channel(UniqueFd socket, bool take_descriptors = false);

  int fd() const { return socket_.get(); }
  bool open() const { return static_cast<bool>(socket_); }
  void close();

  // Puts the message (and a descriptor for the other side) at the end of the queue and sends what the socket takes.
  // A peer that has gone is noticed when reading. refused: the message is too large for a frame.
  Result<void> send(const Message& message, UniqueFd attached = {});
  void flush();
  bool wants_to_send() const { return !unsent_.empty(); }

  enum class Received { something, nothing_yet, end };
  // Reads once; `end`: the other side has closed, or the socket failed. Call next() until it has nothing.
  Received receive();
  // internal: what the other side sent is not a message; it is not to be listened to any more.
  Result<std::optional<Message>> next();
  // The descriptors that came along, in the order of their messages.
  std::optional<UniqueFd> take_descriptor();

 private:
  struct Outgoing {
    std::string bytes;
    std::size_t sent = 0;
    UniqueFd attached = {};
  };
  UniqueFd socket_;
  bool take_descriptors_ = false;
  std::deque<Outgoing> unsent_;
  std::deque<UniqueFd> descriptors_;
  FrameDecoder decoder_;
};

// A descriptor travels with the first byte of `bytes`. Returns as send(2).
ssize_t send_with_descriptor(int socket, std::string_view bytes, int descriptor);

}  // namespace maintain
