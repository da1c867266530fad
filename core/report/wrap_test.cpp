#include "report/wrap.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

TEST_CASE("long lines are broken at spaces and stay indented") {
  CHECK(wrap("one two three four", "  ", 12) == "  one two\n  three four\n");
  CHECK(wrap("  - one two three", "  ", 12) == "    - one\n    two\n    three\n");
}

TEST_CASE("what fits is left alone, blank lines too") {
  CHECK(wrap("a   b\n\n  c", " ", 20) == " a   b\n\n   c\n");
  CHECK(wrap("", "  ", 20).empty());
}

TEST_CASE("a word longer than the column stays whole") {
  CHECK(wrap("see https://example.org/a/very/long/path now", "  ", 12) == "  see\n  https://example.org/a/very/long/path\n  now\n");
}

TEST_CASE("columns are counted in characters, not in bytes") {
  CHECK(wrap("ääää öööö", "", 9) == "ääää öööö\n");
  CHECK(wrap("ääää öööö", "", 8) == "ääää\nöööö\n");
}

TEST_CASE("a label stands before the first line only") {
  CHECK(wrap_labelled("What to do", "one two three", "  ", 20) == "  What to do: one\n    two three\n");
  CHECK(wrap_labelled("More", "x", "  ", 20) == "  More: x\n");
}
