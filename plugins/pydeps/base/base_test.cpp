#include <catch2/catch.hpp>

#include <string>

#include "pydeps/base/bounded_json.hpp"
#include "pydeps/base/package_name.hpp"
#include "pydeps/base/test_order.hpp"
#include "pydeps/base/timestamp.hpp"

using namespace maintain::pydeps;

TEST_CASE("spellings of one package become one name") {
  for (const auto* name : {"friendly-bard", "Friendly-Bard", "FRIENDLY-BARD", "friendly.bard", "friendly_bard",
                           "friendly--bard", "FrIeNdLy-._.-bArD"}) {  // the examples of PEP 503
    CHECK(normalized_name(name) == "friendly-bard");
  }
  CHECK(normalized_name("") == "");
  CHECK(normalized_name("A1") == "a1");
}

TEST_CASE("only what may be a name passes for one") {
  for (const auto* name : {"a", "zope.interface", "A_b-c.9", "0"}) CHECK(is_package_name(name));
  for (const auto* name : {"", "-a", "a-", "_a", "a.", "..", "a/b", "a b", "ä", "a%2f"}) {
    CHECK_FALSE(is_package_name(name));
  }
  CHECK(is_package_name(std::string(214, 'a')));
  CHECK_FALSE(is_package_name(std::string(215, 'a')));
}

TEST_CASE("what may be a version's text is printable ASCII without blanks") {
  for (const auto* text : {"1.0", "2004d", "1!2.0+local.1", "1.0-1"}) CHECK(is_version_text(text));
  for (const auto* text : {"", "1 0", "1\n", "\x7f", "\xff", "1\xc3\xa4"}) CHECK_FALSE(is_version_text(text));
  CHECK_FALSE(is_version_text(std::string(257, '1')));
}

TEST_CASE("JSON within its bounds is read, and a problem told beyond them") {
  CHECK(parse_json(R"({"a": [1, "\"[["]})", {}).value->at("a").size() == 2);
  CHECK(parse_json("{", {}).problem == "it is no JSON");
  CHECK(parse_json("\"\xff\"", {}).problem == "it is no JSON");
  CHECK(parse_json("", {}).problem == "it is no JSON");
  CHECK(parse_json("[1,2]", {.bytes = 4}).problem == "it has 5 bytes, more than the 4 allowed");
  CHECK(parse_json("[1,2,3]", {.values = 2}).problem == "it has more than 2 values");
  CHECK(parse_json("[1,2,3]", {.values = 3}).value);
}

TEST_CASE("nesting without end is refused before it is built") {
  for (const auto* unit : {"[", "{\"a\":", "[{\"a\":"}) {
    std::string text;
    for (int i = 0; i < 1'000'000; ++i) text += unit;
    CHECK(parse_json(text, {}).problem == "its arrays and objects are nested too deeply");
  }
  CHECK(parse_json("[[]]", {.depth = 2}).value);
  CHECK_FALSE(parse_json("[[[]]]", {.depth = 2}).value);
  CHECK(parse_json(R"(["]]]", "[[[\\", "\\\"[["])", {.depth = 1}).value);  // brackets in texts are none
}

TEST_CASE("members that nobody reads are not kept") {
  const auto some = [](std::size_t depth, std::string_view name) { return depth == 2 || name == "a" || name == "e"; };
  const auto parsed = parse_json(R"({"a": {"b": 1, "c": [1]}, "d": 2, "e": [{"a": 3, "x": {}}]})", {}, some);
  CHECK(*parsed.value == Json::parse(R"({"a": {"b": 1, "c": [1]}, "e": [{"a": 3}]})"));
  CHECK(parse_json("{\"a\": 1", {}, some).problem == "it is no JSON");
  CHECK(parse_json("{\"d\": tru}", {}, some).problem == "it is no JSON");  // what is not kept is checked all the same
}

TEST_CASE("members that are missing or of another kind are empty") {
  const Json value = Json::parse(R"({"text": "x", "list": [1], "number": 3})");
  CHECK(text_member(value, "text") == "x");
  CHECK(text_member(value, "number").empty());
  CHECK(text_member(value, "none").empty());
  CHECK(text_member(Json::array(), "text").empty());
  CHECK(array_member(value, "list")->size() == 1);
  CHECK(array_member(value, "text") == nullptr);
  CHECK(member(Json(3), "text") == nullptr);
}

TEST_CASE("text to show is cut between characters and printable") {
  CHECK(shown_text("a\xc3\xa4z", 2) == "a");
  CHECK(shown_text("a\xc3\xa4z", 3) == "a\xc3\xa4");
  CHECK(shown_text("a\x1b[31m", 99) == "a?[31m");
  CHECK(shown_text("abc", 3) == "abc");
  CHECK(shown_text("\x80\x80\x80", 2) == "");
}

TEST_CASE("times are read as indexes and advisories write them") {
  const auto seconds = [](std::string_view text) {
    const auto time = parse_timestamp(text);
    return time ? time->time_since_epoch().count() : -1;
  };
  CHECK(seconds("2022-08-04T10:42:02.190074Z") == 1659609722);
  CHECK(seconds("2022-08-04T10:42:02Z") == 1659609722);
  CHECK(seconds("2022-08-04T10:42:02") == 1659609722);
  CHECK(seconds("1970-01-01T00:00:00Z") == 0);
  CHECK(seconds("2024-02-29T23:59:60Z") == 1709251200);
  for (const auto* text : {"", "2022-08-04", "2022-02-30T00:00:00Z", "2022-08-04T24:00:00Z",
                           "2022-08-04T10:42:02+02:00", "2022-08-04T10:42:02.Z",
                           "2022-08-04T10:42:02ZZ", "x022-08-04T10:42:02Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_timestamp(text));
  }
}

TEST_CASE("the order for tests is one") {
  const std::vector<const char*> ascending{"1.dev1",  "1.0a1", "1b2", "1.0rc1", "1.0",
                                           "1.post1", "1.0.1", "1.2", "1.10"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      CAPTURE(ascending[i], ascending[j]);
      CHECK(*testing::test_order(ascending[i], ascending[j]) == (i <=> j));
    }
  }
  CHECK(*testing::test_order("1", "1.0.0") == std::strong_ordering::equal);
  for (const auto* text : {"", "x", "1.x", "1..2", "a1", "1.rc", "1+local"}) {
    CHECK_FALSE(testing::test_order(text, "1"));
  }
}
