#include "run/wire.hpp"

#include <fmt/format.h>

namespace maintain {
namespace {

constexpr std::size_t header_size = 4;

std::size_t read_length(const char* at) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < header_size; ++i) length = (length << 8) | static_cast<unsigned char>(at[i]);
  return length;
}

}  // namespace

Result<std::string> encode_frame(std::string_view payload) {
  if (payload.empty() || payload.size() > max_frame)
    return fail(ErrorKind::refused,
                fmt::format("a message of {} bytes; a frame holds 1 to {}", payload.size(), max_frame));
  std::string frame;
  frame.reserve(header_size + payload.size());
  for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>((payload.size() >> shift) & 0xff);
  frame += payload;
  return frame;
}

void FrameDecoder::feed(std::string_view bytes) {
  if (broken_) return;
  // What was handed out is dropped once it outweighs what is left, so that many small frames cost one copy, not many.
  if (consumed_ > buffer_.size() / 2) {
    buffer_.erase(0, consumed_);
    consumed_ = 0;
  }
  buffer_ += bytes;
}

Result<std::optional<std::string>> FrameDecoder::next() {
  const std::size_t available = buffer_.size() - consumed_;
  if (!broken_ && available < header_size) return std::nullopt;
  const std::size_t length = broken_ ? 0 : read_length(buffer_.data() + consumed_);
  if (length == 0 || length > max_frame) {
    broken_ = true;
    buffer_.clear();
    consumed_ = 0;
    return fail(ErrorKind::internal, "a frame with an impossible length");
  }
  if (available < header_size + length) return std::nullopt;
  std::string payload = buffer_.substr(consumed_ + header_size, length);
  consumed_ += header_size + length;
  return payload;
}

}  // namespace maintain
