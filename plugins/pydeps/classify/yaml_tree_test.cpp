#include "pydeps/classify/yaml_tree.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace maintain::pydeps;

namespace {

YamlTree tree(const std::string& text) {
  const auto parsed = parse_yaml_tree(text);
  INFO(text);
  REQUIRE(std::holds_alternative<YamlTree>(parsed));
  return std::get<YamlTree>(parsed);
}

std::string refusal(const std::string& text, const YamlLimits& limits = {}) {
  const auto parsed = parse_yaml_tree(text, limits);
  INFO(text.substr(0, 200));
  REQUIRE(std::holds_alternative<YamlRefusal>(parsed));
  const YamlRefusal& refused = std::get<YamlRefusal>(parsed);
  return std::to_string(refused.line) + " " + refused.message;
}

}  // namespace

TEST_CASE("scalars stay as they are written") {
  const YamlTree root = tree("---\r\na: [2.0, 1.10, \"3\"]\r\nb:\r\n");
  REQUIRE(root.keys == std::vector<std::string>{"a", "b"});
  REQUIRE(root.items[0].items.size() == 3);
  CHECK(root.items[0].items[1].text == "1.10");
  CHECK(root.items[0].line == 2);
  CHECK(root.items[1].kind == YamlTree::Kind::null);
}

TEST_CASE("aliases stand for what they name, as PyYAML writes equal lists") {
  const YamlTree root = tree("a: &id001 [1.0]\nb: *id001\n");
  REQUIRE(root.items[1].items.size() == 1);
  CHECK(root.items[1].items[0].text == "1.0");
}

TEST_CASE("a text that grows is refused before it has grown") {
  std::string text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int level = 1; level < 8; ++level) {
    const std::string before = "*a" + std::to_string(level - 1);
    text += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [";
    for (int count = 0; count < 10; ++count) text += before + ",";
    text += "]\n";
  }
  CHECK(refusal(text) == "5 the file holds too much (aliases count as what they stand for)");
  const std::string deep = "a: &a [[[x]]]\nb: [[*a]]\n";
  CHECK(refusal(deep, {.bytes = 100, .nodes = 100, .depth = 5}) == "2 the file is nested too deep here");
}

TEST_CASE("limits hold") {
  CHECK(refusal(std::string(200, 'a'), {.bytes = 100}) == "0 the file has more than 100 bytes");
  CHECK(refusal(std::string(200'000, '[')) == "0 the file holds too many brackets");
  CHECK(refusal("[[[[[[[[[x]]]]]]]]]") == "1 the file is nested too deep here");
  CHECK(refusal("[a,b,c]", {.bytes = 100, .nodes = 3, .depth = 2}).starts_with("1 the file holds too much"));
}

TEST_CASE("what is not one plain document is refused") {
  CHECK(refusal("a: 1\n---\nb: 2\n") == "2 a second document starts here");
  CHECK(refusal("{a: 1}: 2\n") == "1 a key must be text");
  CHECK(refusal("a: \x01").starts_with("0 the file is not text"));
  CHECK(refusal("a: 'cut off\n").find("no valid YAML") != std::string::npos);
  CHECK(refusal("a: &a [*a]\n").find("alias") != std::string::npos);
}
