#include "config/yaml_document.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <ctime>

#include "config/yaml_scalar.hpp"

using namespace maintain;

namespace {

YamlDocument good(std::string_view text) {
  auto document = parse_yaml("f.yml", text);
  INFO(text);
  if (!document) FAIL(document.error().describe());
  return *std::move(document);
}

std::string json_of(std::string_view text) { return to_json(good(text).root).dump(); }

Error refused(std::string_view text) {
  const auto document = parse_yaml("f.yml", text);
  INFO(text);
  REQUIRE_FALSE(document);
  return document.error();
}

std::string repeat(std::string_view text, std::size_t bytes) {
  std::string all;
  while (all.size() + text.size() <= bytes) all += text;
  return all;
}

}  // namespace

TEST_CASE("scalars keep their own text, and whether they were quoted") {
  const auto root = good("a: 1.10\nb: '1.10'\nc: yes\nd: 20 20 * * *\ne: |\n  x\n  y\nf:\ng: ~\nh: !!str 5\n"
                         "i: !!int '5'\n").root;
  const auto scalar = [&](std::string_view key) { return root.find(key)->value; };
  CHECK(scalar("a").kind == YamlNode::Kind::plain);
  CHECK(scalar("a").text == "1.10");
  CHECK(scalar("b").kind == YamlNode::Kind::quoted);
  CHECK(scalar("b").text == "1.10");
  CHECK(scalar("c").text == "yes");
  CHECK(scalar("d").text == "20 20 * * *");
  CHECK(scalar("e").kind == YamlNode::Kind::quoted);
  CHECK(scalar("e").text == "x\ny\n");
  CHECK(scalar("f").kind == YamlNode::Kind::null);
  CHECK(scalar("g").kind == YamlNode::Kind::null);
  CHECK(scalar("h").kind == YamlNode::Kind::quoted);
  CHECK(scalar("i").kind == YamlNode::Kind::plain);
  CHECK(root.find("z") == nullptr);
}

TEST_CASE("the core schema of YAML 1.2 decides where nobody else does") {
  CHECK(json_of("[1, -7, +3, 007, 0x1F, 0o17, 1.10, 1e3, .5, 5.]") == "[1,-7,3,7,31,15,1.1,1000.0,0.5,5.0]");
  CHECK(json_of("[true, False, TRUE, tRUE, yes, off, y]") == R"([true,false,true,"tRUE","yes","off","y"])");
  CHECK(json_of("[null, ~, Null, 'null', '']") == R"([null,null,null,"null",""])");
  CHECK(json_of("[1.0.0, 1_000, 20:20, .inf, .nan, 1e999, 0x, -, 2026-01-01]") ==
        R"(["1.0.0","1_000","20:20",".inf",".nan","1e999","0x","-","2026-01-01"])");
  CHECK(json_of("[18446744073709551615, -9223372036854775808]") == "[18446744073709551615,-9223372036854775808]");
  CHECK(json_of("") == "null");
  CHECK(json_of("--- # nothing\n") == "null");
  CHECK(json_of("%YAML 1.2\n---\na: b\n...\n") == R"({"a":"b"})");
}

TEST_CASE("booleans are also read in YAML 1.1's words, where somebody wants a boolean") {
  for (const char* word : {"yes", "Yes", "YES", "on", "true"}) CHECK(boolean_word(word) == true);
  for (const char* word : {"no", "No", "OFF", "False"}) CHECK(boolean_word(word) == false);
  for (const char* word : {"", "y", "n", "0", "1", "yEs", "nope"}) CHECK(boolean_word(word) == std::nullopt);
}

TEST_CASE("JSON survives the way through a node") {
  const auto value = nlohmann::json::parse(R"({"a":[1,2.5,-3,true,null,"5","true",""],"b":{"c":1e30}})");
  CHECK(to_json(from_json(value)) == value);
  CHECK(canonical_json(R"({"b": 1, "a": {"d": [1, 2], "c": "ü"}})").value() == R"({"a":{"c":"ü","d":[1,2]},"b":1})");
  CHECK_FALSE(canonical_json("{"));
}

TEST_CASE("block scalars keep their line ends, also at the end of a text") {
  CHECK(json_of("a: |\n  x\n") == R"({"a":"x\n"})");
  CHECK(json_of("a: |-\n  x\n") == R"({"a":"x"})");
  CHECK(json_of("a: |+\n  x\n\n") == R"({"a":"x\n\n"})");
  CHECK(json_of("a: |\n  x") == R"({"a":"x\n"})");
  CHECK(json_of("a: >\n  x\n  y\n...\n") == R"({"a":"x y\n"})");
}

TEST_CASE("keys and values know their places, in characters") {
  const auto root = good("a: 1\nlist:\n  - x\n  - {k: v}\n'grüße': wert\n").root;
  CHECK(root.place == Place{1, 1});
  CHECK(root.find("a")->key_place == Place{1, 1});
  CHECK(root.find("a")->value.place == Place{1, 4});
  const YamlNode& list = root.find("list")->value;
  CHECK(list.items[0].place == Place{3, 5});
  CHECK(list.items[1].find("k")->key_place == Place{4, 6});
  CHECK(list.items[1].find("k")->value.place == Place{4, 9});
  CHECK(root.find("grüße")->value.place == Place{5, 10});
  const auto line = good("{ä: [ö, ü], b: &x [1], c: *x, d: {<<: {e: 1}, f: 2}}").root;
  CHECK(line.find("ä")->value.items[1].place == Place{1, 9});
  CHECK(line.find("d")->key_place == Place{1, 31});
  CHECK(line.find("d")->value.find("f")->key_place == Place{1, 47});
}

TEST_CASE("Windows line ends, a byte order mark and tabs after a value do no harm") {
  const auto root = good("\xEF\xBB\xBF" "a: 1\r\nb: 2\t\r\n").root;
  CHECK(root.find("a")->key_place == Place{1, 1});
  CHECK(root.find("a")->value.text == "1");
  CHECK(root.find("b")->key_place == Place{2, 1});
  CHECK(root.find("b")->value.text == "2");
}

TEST_CASE("aliases and merge keys are resolved") {
  CHECK(json_of("a: &x [1, 2]\nb: *x\n") == R"({"a":[1,2],"b":[1,2]})");
  CHECK(json_of("base: &b {when: daily, keep: 3}\nt: {<<: *b, keep: 5}\n") ==
        R"({"base":{"keep":3,"when":"daily"},"t":{"keep":5,"when":"daily"}})");
  CHECK(json_of("a: &a {k: 1}\nb: &b {k: 2, l: 3}\nc: {<<: [*a, *b]}\n") ==
        R"({"a":{"k":1},"b":{"k":2,"l":3},"c":{"k":1,"l":3}})");
  CHECK(json_of("k: &k name\n*k : v\n") == R"({"k":"name","name":"v"})");
  CHECK(refused("a: {<<: 5}").message.find("merged") != std::string::npos);
  CHECK(refused("a: &a [*a]").message.find("inside what it stands for") != std::string::npos);
}

TEST_CASE("repeated keys are told with both places, and the last one counts") {
  const auto document = good("a: 1\nb:\n  c: 1\n  c: 2\na: 3\na: 4\n");
  CHECK(document.root.find("a")->value.text == "4");
  const auto errors = repeated_keys(document, document.root);
  REQUIRE(errors.size() == 3);
  CHECK(errors[0].describe() ==
        "f.yml:5:1: the key 'a' is repeated; it is already on line 1, column 1 (keep one of them)");
  CHECK(errors[1].describe() ==
        "f.yml:6:1: the key 'a' is repeated; it is already on line 5, column 1 (keep one of them)");
  CHECK(errors[2].describe() ==
        "f.yml:4:3: the key 'c' is repeated; it is already on line 3, column 3 (keep one of them)");
  CHECK(repeated_keys(document, document.root, false).size() == 2);
}

TEST_CASE("what is not YAML is refused with its place, and with a hint for the usual slips") {
  CHECK(refused("a: 1\nwhen: */5 * * * *\n").where == Position{"f.yml", 2, 7});
  CHECK(refused("when: * * * * *\n").hint.find("quotes") != std::string::npos);
  CHECK(refused("when: *\n").hint.find("quotes") != std::string::npos);
  CHECK(refused("when: @daily\n").hint.find("@ needs quotes") != std::string::npos);
  CHECK(refused("a:\n\t- b\n").hint.find("spaces") != std::string::npos);
  CHECK(refused("a: b: c\n").hint.find("colon") != std::string::npos);
  CHECK(refused("a: {{ name }}\n").hint.find("template") != std::string::npos);
  CHECK(refused("a: [1, 2\n").kind == ErrorKind::configuration);
  CHECK(refused("a: 'x\nb: y\n").hint.find("quote") != std::string::npos);
  CHECK(refused("a: \"x\nb: y").hint.find("quote") != std::string::npos);
  CHECK(refused("? [a]\n: b\n").message == "a key must be text");
  CHECK(refused("~: b\n").message == "a key must be text");
}

TEST_CASE("tags beyond the core schema, second documents and wrong bytes are refused") {
  CHECK(refused("a: !python/object x").message.find("not allowed") != std::string::npos);
  CHECK(refused("a: !!binary aGk=").message.find("not allowed") != std::string::npos);
  CHECK(refused("a: !!set {x}").message.find("not allowed") != std::string::npos);
  CHECK(json_of("!!map {a: !!seq [!!bool 'true', !!null '', !!float 1]}") == R"({"a":[true,null,1]})");
  CHECK(refused("a: 1\n---\nb: 2\n").where == Position{"f.yml", 2, 1});
  CHECK(refused("a: \xFF\n").where == Position{"f.yml", 1, 4});
  CHECK(refused("a: \xC3\x28\n").message.find("UTF-8") != std::string::npos);
  CHECK(refused("a: \"x\\Ny\"\n").message.find("write the character itself") != std::string::npos);
  CHECK(refused(std::string_view("a: 1\nb: \0x\n", 11)).where == Position{"f.yml", 2, 4});
  CHECK(refused("a: \x1b[31m\n").where == Position{"f.yml", 1, 4});
  CHECK(refused("a: x\rb: y\n").message.find("0x0D") != std::string::npos);
  CHECK(refused("a: \"x\\0y\"").message.find("NUL") != std::string::npos);
  CHECK(refused("a: \"\\uD800\"").kind == ErrorKind::configuration);
}

TEST_CASE("bounds hold, and hold for aliases after expansion") {
  CHECK(refused(std::string(256 * 1024 + 1, ' ')).message.find("bytes") != std::string::npos);
  CHECK(parse_yaml("f", std::string(256 * 1024, ' ')));
  CHECK(parse_yaml("f", std::string(32, '[') + std::string(32, ']')));
  CHECK(refused(std::string(33, '[') + std::string(33, ']')).message == "nested more than 32 deep");
  CHECK(parse_yaml("f", repeat("- a\n", 4 * 9'999)));
  CHECK(refused(repeat("- a\n", 4 * 10'000)).message.find("10000 values") != std::string::npos);

  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 9; ++j) laughs += "*a" + std::to_string(i - 1) + (j < 8 ? ", " : "]\n");
  }
  CHECK(refused(laughs).message.find("aliases count") != std::string::npos);

  std::string deep = "- &a0 [x]\n";
  for (int i = 1; i < 40; ++i) deep += "- &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  CHECK(refused(deep).message == "nested more than 32 deep");

  const std::string heavy = "- &a " + std::string(200 * 1024, 'x') + "\n" + repeat("- *a\n", 5 * 20);
  CHECK(refused(heavy).message.find("expand to more than") != std::string::npos);
}

TEST_CASE("hostile text of full size is answered quickly") {
  for (const std::string_view unit : {"[", "{", "- ", "? ", "[\"\"", "{a: ", "[a,", "&a ", "!a ", "\n", "a\n", "- - \n",
                                      "[:", "%a\n", "*a ", "\"a\": ", "[\n", "{? ", "aaaaaaaaaaaaaaaaaaaaaa, "}) {
    INFO(unit);
    const std::string text = (unit.ends_with(", ") ? "[" : "") + repeat(unit, 256 * 1024 - 1);
    const std::clock_t start = std::clock();
    (void)parse_yaml("f", text);
    // some 0.1 s of CPU; more only when it is quadratic
    CHECK((std::clock() - start) / CLOCKS_PER_SEC < 10);
  }
}
