#include "transport/ssh_wire.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

TEST_CASE("numbers and strings read back, and the end is the end") {
  const std::string bytes = wire_number(0xDEADBEEF) + wire_string("abc") + "\x07";
  WireReader reader(bytes);
  CHECK(reader.number() == 0xDEADBEEF);
  CHECK(reader.string() == "abc");
  CHECK(reader.byte() == 7);
  CHECK_FALSE(reader.byte());
}

TEST_CASE("a length beyond the end gives nothing, ever after") {
  const std::string bytes = wire_number(0xFFFFFFFF) + "abcdefgh";
  WireReader reader(bytes);
  CHECK_FALSE(reader.string());
  CHECK_FALSE(reader.byte());
}

TEST_CASE("positive numbers have no needless zeros and never look negative") {
  CHECK(wire_positive(std::string("\0\0\x01", 3)) == wire_string("\x01"));
  CHECK(wire_positive("\x80") == wire_string(std::string("\0\x80", 2)));
  CHECK(wire_positive(std::string("\0", 1)) == wire_string(""));
}

TEST_CASE("base64 is read strictly") {
  CHECK(base64_decode("") == "");
  CHECK(base64_decode("Zg==") == "f");
  CHECK(base64_decode("Zm8=") == "fo");
  CHECK(base64_decode("Zm9v") == "foo");
  CHECK(base64_decode("+/8A") == std::string("\xFB\xFF\0", 3));
  for (const char* wrong : {"Zg", "Zg=", "Z===", "Zm9v\n", "Zm 9", "Zm9v=", "=Zm9"}) CHECK_FALSE(base64_decode(wrong));
  CHECK(base64_encode("fo") == "Zm8=");
  CHECK(base64_encode("") == "");
}

TEST_CASE("fingerprints are those of ssh-keygen") {
  // ssh-keygen -lf on this key
  const auto blob = base64_decode("AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl");
  REQUIRE(blob);
  CHECK(key_type_of(*blob) == "ssh-ed25519");
  CHECK(fingerprint(*blob) == "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU");
  CHECK(key_type_of("short").empty());
}
