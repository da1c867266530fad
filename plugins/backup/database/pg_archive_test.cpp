#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

#include "backup/database/pg_archive.hpp"

using maintain::plugins::backup::PgArchive;

namespace {

std::string recorded() {
  std::ifstream in(std::string(MAINTAIN_TESTDATA) + "/orders.dump", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool whole(std::string_view bytes, std::size_t piece = 1 << 20) {
  PgArchive archive;
  for (std::size_t at = 0; at < bytes.size(); at += piece) archive.add(bytes.substr(at, piece));
  return archive.whole();
}

std::string number(int value) {
  std::string text(1, value < 0 ? '\1' : '\0');
  for (unsigned left = static_cast<unsigned>(value < 0 ? -value : value), i = 0; i < 4; ++i, left >>= 8)
    text += static_cast<char>(left & 0xff);
  return text;
}

std::string text(const std::string& of) { return number(static_cast<int>(of.size())) + of; }

// As PostgreSQL writes it since that version; its data are to follow.
std::string contents(char minor, const std::vector<int>& blocks) {
  std::string bytes = std::string("PGDMP\1") + minor + std::string("\0\4\x8\1", 4);
  bytes += minor >= 15 ? std::string(1, '\1') : number(-1);
  for (int i = 0; i < 7; ++i) bytes += number(i);
  bytes += text("orders") + text("15.1") + text("15.1") + number(static_cast<int>(blocks.size()) + 1);
  const auto entry = [&](int id, bool block) {
    bytes += number(id) + number(block) + text("0") + text("0") + text("t") + text("TABLE DATA") + number(3);
    bytes += text("") + text("") + number(-1) + text("public") + number(-1);
    if (minor >= 14) bytes += text("heap");
    if (minor >= 16) bytes += number('r');
    bytes += text("postgres") + text("false") + text("7") + number(-1) + std::string("\1\0\0\0\0\0\0\0\0", 9);
  };
  entry(1, false);
  for (const int block : blocks) entry(block, true);
  return bytes;
}

std::string data(int id, const std::string& piece) { return "\1" + number(id) + text(piece) + number(0); }

}  // namespace

TEST_CASE("backup: PostgreSQL's archive is whole to the last byte, in pieces of any size") {
  const std::string dump = recorded();
  for (const unsigned piece : {1u, 7u, 4096u, 1u << 20}) CHECK(whole(dump, piece));
  for (std::size_t size = 0; size < dump.size(); ++size)
    if (whole(dump.substr(0, size))) FAIL("whole with " << size << " of " << dump.size() << " bytes");
  CHECK_FALSE(whole(dump + "x"));
}

TEST_CASE("backup: what PostgreSQL's archive promises must be in it") {
  const char minor = GENERATE(char{12}, char{14}, char{15}, char{16});
  const std::string promised = contents(minor, {2, 3});
  CHECK(whole(promised + data(2, "rows") + data(3, "more")));
  CHECK(whole(promised + data(3, "more") + data(2, std::string(200'000, 'x')), 100));
  CHECK_FALSE(whole(promised));
  CHECK_FALSE(whole(promised + data(2, "rows")));
  CHECK_FALSE(whole(promised + data(2, "rows") + data(2, "rows")));
  CHECK_FALSE(whole(promised + data(2, "rows") + data(4, "rows")));
  CHECK_FALSE(whole(promised + data(2, "rows") + "\1" + number(3) + text("more")));
  CHECK_FALSE(whole(promised + data(2, "rows") + "\1" + number(3) + number(-2) + "xx" + number(0)));
}

TEST_CASE("backup: large objects in PostgreSQL's archive are followed one by one") {
  const std::string first = number(4711) + text("abc") + text("d") + number(0), second = number(4712) + number(0);
  const std::string start = contents(14, {2, 3}) + data(2, "rows") + "\3" + number(3);
  CHECK(whole(start + first + second + number(0)));
  CHECK(whole(start + number(0)));
  CHECK_FALSE(whole(start + first + second));
}

TEST_CASE("backup: an archive that is not known is not called whole") {
  CHECK_FALSE(whole(""));
  CHECK_FALSE(whole("PGDMP"));
  CHECK_FALSE(whole(contents(17, {2}) + data(2, "rows")));
  std::string other = contents(14, {2}) + data(2, "rows");
  CHECK(whole(other));
  other[8] = 8;  // size of a number
  CHECK_FALSE(whole(other));
  CHECK_FALSE(whole(std::string(70'000'000, '\xff')));
}
