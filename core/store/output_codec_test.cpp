#include "store/output_codec.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

namespace {

std::string numbered_lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

}  // namespace

TEST_CASE("what is compressed comes back") {
  std::string bytes = numbered_lines(5000);
  bytes += std::string("\0\x01\xff", 3);
  const std::string packed = compress(bytes);
  CHECK(packed.size() < bytes.size() / 5);
  CHECK(decompress(packed, 1 << 20).value() == bytes);
  CHECK(decompress(compress(""), 10).value().empty());
}

TEST_CASE("damaged or oversized output is an error, not a crash") {
  std::string packed = compress(numbered_lines(1000));
  CHECK_FALSE(decompress(packed, 100).has_value());
  CHECK_FALSE(decompress("", 100).has_value());
  CHECK_FALSE(decompress("not zstd at all", 100).has_value());
  CHECK_FALSE(decompress(std::string_view(packed).substr(0, packed.size() / 2), 1 << 20).has_value());
  packed[packed.size() / 2] = static_cast<char>(~packed[packed.size() / 2]);
  const auto damaged = decompress(packed, 1 << 20);
  CHECK((!damaged || damaged->size() == numbered_lines(1000).size()));
}
