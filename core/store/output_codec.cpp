#include "store/output_codec.hpp"

#include <stdexcept>

#include <fmt/format.h>
#include <zstd.h>

namespace maintain {
namespace {

constexpr int level = 3;             // zstd's default: 300 MB/s, package manager logs shrink to a tenth

}  // namespace

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
