#include "cli/option_type.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace maintain;

TEST_CASE("what an option may be is told as a person would write it") {
  const auto words = [](const char* schema) { return type_in_words(nlohmann::ordered_json::parse(schema)); };
  CHECK(words(R"({"enum": ["keep", "new", "hold-back"], "default": "keep"})") == "keep|new|hold-back");
  CHECK(words(R"({"type": "string", "format": "duration"})") == "duration");
  CHECK(words(R"({"type": "string"})") == "text");
  CHECK(words(R"({"type": ["integer", "null"]})") == "integer|null");
  CHECK(words(R"({"type": "array", "items": {"type": "string", "format": "path"}})") == "list of path");
  CHECK(words(R"({"type": "array", "items": {"type": "object"}})") == "list of mappings");
  CHECK(words(R"({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})") ==
        "text|list of text");
  CHECK(words("{}") == "");
}
