#include "run/wire.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

TEST_CASE("frames arrive whole, whatever pieces their bytes come in") {
  const std::string stream = encode_frame("first").value() + encode_frame(std::string(1000, 'x')).value();
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{7}, stream.size()}) {
    FrameDecoder decoder;
    std::vector<std::string> frames;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      decoder.feed(std::string_view(stream).substr(at, piece));
      while (auto frame = decoder.next().value()) frames.push_back(*frame);
    }
    REQUIRE(frames.size() == 2);
    CHECK(frames[0] == "first");
    CHECK(frames[1] == std::string(1000, 'x'));
    CHECK_FALSE(decoder.in_frame());
  }
}

TEST_CASE("an impossible length ends the stream for good") {
  for (const std::string& header : {std::string("\0\0\0\0", 4), std::string("\xff\xff\xff\xff"), std::string("GET ")}) {
    FrameDecoder decoder;
    decoder.feed(header);
    CHECK_FALSE(decoder.next());
    decoder.feed(encode_frame("good").value());
    CHECK_FALSE(decoder.next());
  }
}

TEST_CASE("a frame holds neither nothing nor more than the limit") {
  CHECK_FALSE(encode_frame(""));
  CHECK_FALSE(encode_frame(std::string(max_frame + 1, 'x')));
  FrameDecoder decoder;
  decoder.feed(encode_frame(std::string(max_frame, 'x')).value());
  CHECK(decoder.next().value()->size() == max_frame);
}

TEST_CASE("a stream that stops in mid-frame says so") {
  FrameDecoder decoder;
  decoder.feed(encode_frame("half").value().substr(0, 6));
  CHECK_FALSE(decoder.next().value());
  CHECK(decoder.in_frame());
}
