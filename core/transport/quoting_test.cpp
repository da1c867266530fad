#include "transport/quoting.hpp"

#include <random>

#include <catch2/catch.hpp>

#include "base/process.hpp"
#include "base/text.hpp"

using namespace maintain;

namespace {

// What /bin/sh makes of the quoted words.
std::vector<std::string> read_back(const std::vector<std::string>& words) {
  const auto exit = run_local({.argv = {"/bin/sh", "-c", "printf '%s\\0' " + quote_words(words)}});
  REQUIRE(exit);
  REQUIRE(exit->ok());
  std::vector<std::string> read = split(exit->output, '\0');
  read.pop_back();
  return read;
}

}  // namespace

TEST_CASE("plain words stay readable, all others are quoted") {
  CHECK(quote_word("/usr/bin/apt-get") == "/usr/bin/apt-get");
  CHECK(quote_word("") == "''");
  CHECK(quote_word("a b") == "'a b'");
  CHECK(quote_word("it's") == "'it'\\''s'");
  CHECK(quote_word("A=b") == "'A=b'");
  CHECK(quote_word("~root") == "'~root'");
  CHECK(quote_words({"echo", "$HOME", "*"}) == "echo '$HOME' '*'");
}

TEST_CASE("a shell reads back every byte, line ends and broken UTF-8") {
  std::vector<std::string> words = {"", "'", "''", "\n", "\n\n", "a\nb\n", "\\", "\\n", "`id`", "$(id)", "!!", "-n",
                                    "--",
                                    "\xC3\xA9", "\xC3", "\xFF\xFE", "\x81\x88", "~", "#", "{a,b}", "[a-z]", "a=b"};
  std::string all;
  for (int byte = 1; byte < 256; ++byte) {
    words.emplace_back(1, static_cast<char>(byte));
    all += static_cast<char>(byte);
  }
  words.push_back(all);
  words.emplace_back(all.rbegin(), all.rend());
  CHECK(read_back(words) == words);
}

TEST_CASE("a shell reads back random words") {
  std::mt19937 random(20260101);
  const std::string nasty = "'\"\\\n $`!*?[]{}()<>|&;#~=%\t\r\x01\x7F\x80\xFF" "ab";
  std::vector<std::string> words;
  for (int i = 0; i < 400; ++i) {
    std::string word;
    for (std::size_t left = random() % 40; left > 0; --left) word += nasty[random() % nasty.size()];
    words.push_back(word);
  }
  CHECK(read_back(words) == words);
}

TEST_CASE("names of variables") {
  for (const char* good : {"A", "_", "LC_ALL", "a1"}) CHECK(is_environment_name(good));
  for (const char* wrong : {"", "1A", "A-B", "A=B", "A B", "\xC3\xA9"}) CHECK_FALSE(is_environment_name(wrong));
}
