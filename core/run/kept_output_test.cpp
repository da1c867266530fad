#include "run/kept_output.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

TEST_CASE("output that fits is kept as it is") {
  KeptOutput output(1000);
  output.add("one\n");
  output.add(std::string(900, 'x'));
  CHECK(output.text() == "one\n" + std::string(900, 'x'));
}

TEST_CASE("of output that does not fit the beginning and the end are kept") {
  KeptOutput output(100);
  output.add("beginning ");
  for (int i = 0; i < 100'000; ++i) output.add("0123456789");
  output.add(" the end");
  const std::string text = output.text();
  CHECK(text.substr(0, 10) == "beginning ");
  CHECK(text.substr(text.size() - 8) == " the end");
  CHECK(text.size() < 200);
  CHECK(text.find("[... 999918 bytes left out ...]") != std::string::npos);
}

TEST_CASE("output is fit to be shown, also where a character came in two pieces") {
  KeptOutput output(100);
  output.add("gr\xc3");
  output.add("\xbc\x1b[2J\xff\n");
  CHECK(output.text() == "gr\xc3\xbc\xef\xbf\xbd\n");
}
