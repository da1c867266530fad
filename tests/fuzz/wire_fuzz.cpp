// What a hostile worker can send to the supervisor: frames in pieces, and messages in frames.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "run/messages.hpp"
#include "run/wire.hpp"

using namespace maintain;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);

  // What is understood is understood the same way after it was sent on.
  if (const auto message = decode_message(bytes)) {
    const std::string again = encode_message(*message);
    const auto second = decode_message(again);
    if (!second || encode_message(*second) != again) std::abort();
  }

  if (bytes.empty()) return 0;
  FrameDecoder decoder;
  const std::size_t piece = 1 + static_cast<unsigned char>(bytes.front()) % 16;
  for (std::size_t at = 1; at < bytes.size(); at += piece) {
    decoder.feed(bytes.substr(at, piece));
    while (true) {
      const auto frame = decoder.next();
      if (!frame) return 0;
      if (!*frame) break;
      (void)decode_message(**frame);
    }
  }
  return 0;
}
