#include "common/shell_words.hpp"

#include <cstdio>

#include <catch2/catch.hpp>

using namespace maintain::plugins;

TEST_CASE("common: words survive a shell byte for byte") {
  const std::vector<std::string> words = {"plain", "",    "it's",      "$HOME `id` \\ \"x\"",
                                          "~",     "a=b", "new\nline", "\xff*?"};
  const std::string line = "printf '[%s]' " + shell_words(words);
  std::FILE* shell = ::popen(line.c_str(), "r");
  REQUIRE(shell != nullptr);
  std::string seen;
  for (int c = std::fgetc(shell); c != EOF; c = std::fgetc(shell)) seen += static_cast<char>(c);
  CHECK(::pclose(shell) == 0);
  std::string expected;
  for (const std::string& word : words) expected += "[" + word + "]";
  CHECK(seen == expected);
  CHECK(shell_words({"pg_restore", "--dbname=x"}) == "pg_restore '--dbname=x'");
}
