#include "store/output_codec.hpp"

#include <catch2/catch.hpp>

#include "base/text.hpp"

using namespace maintain;

namespace {

std::string numbered_lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

}  // namespace

TEST_CASE("output within the limit is kept as it is") {
  CHECK(cap_output("", 10).empty());
  CHECK(cap_output("0123456789", 10) == "0123456789");
}

TEST_CASE("longer output keeps its beginning and its end, whole lines, and says what is missing") {
  const std::string text = numbered_lines(1000);
  const std::string kept = cap_output(text, 2000);
  const auto lines = split_lines(kept);
  CHECK(lines.front() == "line 0");
  CHECK(lines.back() == "line 999");
  CHECK(kept.size() < 2100);
  std::size_t markers = 0, known = 0;
  for (const auto& line : lines) {
    if (line.find("left out") != std::string::npos) ++markers;
    if (text.find(line + "\n") != std::string::npos) ++known;
  }
  CHECK(markers == 1);
  CHECK(known + markers == lines.size());  // no line was cut in two

  const auto marker_start = kept.find("[…");
  const auto marker_end = kept.find('\n', marker_start) + 1;
  const auto missing = text.size() - (kept.size() - (marker_end - marker_start));
  CHECK(kept.find(std::to_string(missing) + " bytes") != std::string::npos);
}

TEST_CASE("output without line ends is never cut inside a code point") {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "€";
  for (std::size_t limit = 1000; limit < 1012; ++limit) {
    const std::string kept = cap_output(text, limit);
    CHECK(printable(kept, true) == kept);  // printable() would replace a broken sequence
    CHECK(kept.size() < limit + 100);
  }
}

TEST_CASE("bytes that are no text are bounded all the same") {
  const std::string kept = cap_output(std::string(10000, '\x80'), 100);
  CHECK(kept.size() < 220);
  CHECK(cap_output(std::string(10000, 'x'), 0).find("10000 bytes") != std::string::npos);
}

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
