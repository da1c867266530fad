#include "base/text.hpp"

#include <catch2/catch.hpp>

#include "base/clock.hpp"

using namespace maintain;

TEST_CASE("text from a server is made fit to be shown") {
  CHECK(printable("plain") == "plain");
  CHECK(printable("a\nb\tc\rd") == "a b c d");
  CHECK(printable("a\nb\tc\r\nd", true) == "a\nb\tc\nd");
  CHECK(printable("red \x1b[31mtext\x1b[0m") == "red text");
  CHECK(printable("title \x1b]0;owned\a end") == "title  end");
  CHECK(printable(std::string("nul\0byte", 8)) == "nulbyte");
  CHECK(printable("caf\xC3\xA9") == "caf\xC3\xA9");
  CHECK(printable("bad \xFF byte") == "bad \xEF\xBF\xBD byte");
  CHECK(printable("overlong \xC0\xAF") == "overlong \xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(printable("C1 \xC2\x9B\x33m") == "C1 3m");
  CHECK(printable("bidi \xE2\x80\xAE evil") == "bidi  evil");
  CHECK(printable("cut \xE2\x80") == "cut \xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("shortening cuts at a code point") {
  CHECK(shorten("short", 10) == "short");
  CHECK(shorten("abcdefghijklmnop", 12) == "abcdef […]");
  const std::string cut = shorten("ääääääääää", 12);
  CHECK(cut.size() <= 12);
  CHECK(cut == "äää […]");
}

TEST_CASE("splitting keeps what it should") {
  CHECK(split("a,,b", ',') == std::vector<std::string>{"a", "", "b"});
  CHECK(split("", ',') == std::vector<std::string>{""});
  CHECK(split_lines("a\r\nb\n") == std::vector<std::string>{"a", "b"});
  CHECK(split_lines("").empty());
  CHECK(split_words("  a\t b ") == std::vector<std::string>{"a", "b"});
  CHECK(trim(" \t a b\n") == "a b");
}

TEST_CASE("the nearest word is offered only when it is near") {
  const std::vector<std::string> words{"paths", "exclude", "keep"};
  CHECK(nearest("path", words) == "paths");
  CHECK(nearest("exlcude", words) == "exclude");
  CHECK(nearest("keep", {"peek"}).empty());
  CHECK(nearest("kepe", words) == "keep");  // a swap is one slip, not two
  CHECK(nearest("banana", words).empty());
}

TEST_CASE("durations are read with their unit and shown with the two largest") {
  CHECK(parse_duration("90s").value() == Seconds(90));
  CHECK(parse_duration("1h30m").value() == Seconds(5400));
  CHECK(parse_duration("2w").value() == Seconds(14 * 86400));
  for (const char* wrong : {"", "5", "m", "5x", "1h30", "-5m", "99999999999999999999s", "200000w"})
    CHECK_FALSE(parse_duration(wrong));
  CHECK(format_duration(Seconds(0)) == "0s");
  CHECK(format_duration(Seconds(5400)) == "1h 30m");
  CHECK(format_duration(Seconds(3 * 86400 + 30)) == "3d");
  CHECK(format_duration(Seconds(90061)) == "1d 1h");
}

TEST_CASE("times are written and read as RFC 3339 in UTC") {
  const auto time = parse_time("2026-11-22T13:03:41Z");
  REQUIRE(time);
  CHECK(format_time(*time) == "2026-11-22T13:03:41Z");
  for (const char* wrong : {"", "2026-11-22", "2026-02-30T00:00:00Z", "2026-11-22T24:00:00Z",
                            "2026-11-22T13:03:41+01:00"})
    CHECK_FALSE(parse_time(wrong));
}

TEST_CASE("valid UTF-8 is measured up to the first wrong byte") {
  CHECK(valid_utf8_length("grün") == 5);
  CHECK(valid_utf8_length("ab\xFF" "c") == 2);
  CHECK(valid_utf8_length("\xC0\x80") == 0);      // overlong
  CHECK(valid_utf8_length("a\xED\xA0\x80") == 1);  // a surrogate
  CHECK(valid_utf8_length("a\xE2\x82") == 1);      // cut short
}

TEST_CASE("numbers in text are in the order of their values") {
  CHECK(natural_less("a.yml:9:3: x", "a.yml:10:1: x"));
  CHECK_FALSE(natural_less("a.yml:10:1: x", "a.yml:9:3: x"));
  CHECK(natural_less("a.yml:9:3", "a.yml:9:12"));
  CHECK(natural_less("a.yml", "b.yml"));
  CHECK(natural_less("a", "a1"));
  CHECK(natural_less("a1b", "a2"));
  CHECK(natural_less("x99999999999999999998", "x99999999999999999999"));
  CHECK_FALSE(natural_less("a007", "a7"));
  CHECK_FALSE(natural_less("a7", "a007"));
  CHECK_FALSE(natural_less("same 1", "same 1"));
}

TEST_CASE("sizes are told in the largest unit that is not below one") {
  CHECK(size_text(0) == "0 bytes");
  CHECK(size_text(1) == "1 byte");
  CHECK(size_text(1023) == "1023 bytes");
  CHECK(size_text(1024) == "1.0 KiB");
  CHECK(size_text(std::uint64_t{3} << 29) == "1.5 GiB");
  CHECK(size_text(~std::uint64_t{0}) == "16777216.0 TiB");
}

TEST_CASE("letters of ASCII change their case, and no others") {
  CHECK(to_upper("critical-7 \xc3\xa4") == "CRITICAL-7 \xc3\xa4");
  CHECK(to_lower("CRITICAL-7 \xc3\x84") == "critical-7 \xc3\x84");
}
