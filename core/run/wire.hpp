// Frames on the sockets between supervisor, launcher and workers: four bytes of length (big-endian), then that many
// bytes of JSON. What the JSON says is in messages.hpp. Pure; the sockets are channel.hpp's.
//
// A worker handles bytes of a hostile server and may be taken over by them, so the decoder believes nothing: lengths
// are bounded before anything is reserved. Drain next() after each feed() and at most one frame waits in memory.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace maintain {

inline constexpr std::size_t max_frame = 8 * 1024 * 1024;

// refused when the payload is empty or longer than max_frame.
Result<std::string> encode_frame(std::string_view payload);

class FrameDecoder {
 public:
  // Takes what came from the socket, in pieces of any size.
  void feed(std::string_view bytes);

  // The next whole payload; nothing when more bytes are needed. After an error the stream is lost: every further
  // call fails the same way.
  Result<std::optional<std::string>> next();

  // Bytes of an unfinished frame wait here: the other side stopped in mid-frame.
  bool in_frame() const { return buffer_.size() > consumed_; }

 private:
  std::string buffer_;
  std::size_t consumed_ = 0;
  bool broken_ = false;
};

}  // namespace maintain
