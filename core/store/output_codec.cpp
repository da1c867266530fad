#include "store/output_codec.hpp"

#include <stdexcept>

#include <fmt/format.h>
#include <zstd.h>

namespace maintain {
namespace {

constexpr int level = 3;             // zstd's default: 300 MB/s, package manager logs shrink to a tenth
constexpr std::size_t near = 400;    // a line end within so many bytes of the cut is preferred

bool continues_sequence(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// At most so many of the bytes around a cut belong to one sequence; more are not UTF-8 and may be cut anywhere.
std::size_t before_sequence(std::string_view text, std::size_t at) {
  for (std::size_t back = 0; back < 4 && at >= back; ++back)
    if (at - back == text.size() || !continues_sequence(text[at - back])) return at - back;
  return at;
}

std::size_t after_sequence(std::string_view text, std::size_t at) {
  for (std::size_t on = 0; on < 4; ++on)
    if (at + on >= text.size() || !continues_sequence(text[at + on])) return at + on;
  return at;
}

std::size_t end_of_head(std::string_view text, std::size_t at) {
  const auto line_end = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return line_end != std::string_view::npos && at - line_end <= near ? line_end + 1 : before_sequence(text, at);
}

std::size_t start_of_tail(std::string_view text, std::size_t at) {
  const auto line_end = text.find('\n', at == 0 ? 0 : at - 1);
  return line_end != std::string_view::npos && line_end - at + 1 <= near + 1 ? line_end + 1 : after_sequence(text, at);
}

}  // namespace

std::string cap_output(std::string_view output, std::size_t limit) {
  if (output.size() <= limit) return std::string(output);
  const std::size_t half = limit / 2;
  const std::size_t head = end_of_head(output, half);
  const std::size_t tail = start_of_tail(output, output.size() - half);
  std::string kept(output.substr(0, head));
  if (!kept.empty() && kept.back() != '\n') kept += '\n';
  kept += fmt::format("[… {} bytes of output are left out here …]\n", tail - head);
  kept += output.substr(tail);
  return kept;
}

std::string compress(std::string_view bytes) {
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size) != 0) throw std::runtime_error(std::string("zstd: ") + ZSTD_getErrorName(size));  // no memory
  packed.resize(size);
  return packed;
}

Result<std::string> decompress(std::string_view bytes, std::size_t limit) {
  const auto damaged = [](std::string_view why) {
    return fail(ErrorKind::internal, fmt::format("saved output is damaged: {}", why));
  };
  const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) return damaged("not a zstd frame");
  if (size > limit) return damaged(fmt::format("{} bytes are more than the {} allowed", size, limit));
  std::string text(static_cast<std::size_t>(size), '\0');
  const std::size_t got = ZSTD_decompress(text.data(), text.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(got) != 0) return damaged(ZSTD_getErrorName(got));
  return text;
}

}  // namespace maintain
