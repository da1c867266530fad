#include "config/json_schema.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "config/yaml_scalar.hpp"

using namespace maintain;

namespace {

struct Outcome {
  std::string json;
  std::vector<std::string> errors;
};

Outcome read(std::string_view yaml, std::string_view schema, SchemaRules rules = {}) {
  INFO(schema);
  for (const Error& error : check_schema(schema)) FAIL(error.describe());
  const auto document = parse_yaml("f.yml", yaml);
  if (!document) FAIL(document.error().describe());
  rules.file = "f.yml";
  std::vector<Error> errors;
  const auto value = read_by_schema(document->root, nlohmann::json::parse(schema), rules, errors);
  Outcome outcome;
  outcome.json = errors.empty() ? value.dump() : "";
  for (const Error& error : errors) outcome.errors.push_back(error.describe());
  return outcome;
}

std::string value_of(std::string_view yaml, std::string_view schema, Reading reading = Reading::yaml) {
  SchemaRules rules;
  rules.reading = reading;
  const Outcome outcome = read(yaml, schema, rules);
  return outcome.errors.empty() ? outcome.json : "ERROR " + outcome.errors.front();
}

std::string error_of(std::string_view yaml, std::string_view schema, Reading reading = Reading::yaml) {
  SchemaRules rules;
  rules.reading = reading;
  const Outcome outcome = read(yaml, schema, rules);
  INFO(yaml << "  " << schema << "  " << outcome.json);
  REQUIRE(outcome.errors.size() == 1);
  return outcome.errors.front();
}

std::string problem_of(std::string_view schema) {
  const auto errors = check_schema(schema);
  INFO(schema);
  REQUIRE(errors.size() >= 1);
  return errors.front().message;
}

}  // namespace

TEST_CASE("an unquoted scalar is what the schema wants") {
  CHECK(value_of("1.10", R"({"type": "string"})") == R"("1.10")");
  CHECK(value_of("1.10", R"({"type": "number"})") == "1.1");
  CHECK(value_of("no", R"({"type": "string"})") == R"("no")");
  CHECK(value_of("no", R"({"type": "boolean"})") == "false");
  CHECK(value_of("true", R"({"type": "string"})") == R"("true")");
  CHECK(value_of("5.0", R"({"type": "integer"})") == "5");
  CHECK(value_of("20 20 * * *", R"({"type": "string"})") == R"("20 20 * * *")");
  CHECK(value_of("5", R"({"type": ["string", "integer"]})") == "5");
  CHECK(value_of("yes", R"({"type": ["string", "boolean"]})") == "true");
  CHECK(value_of("'yes'", R"({"type": ["string", "boolean"]})") == R"("yes")");
  CHECK(value_of("~", R"({"type": ["string", "null"]})") == "null");
  CHECK(value_of("true", R"({"enum": ["auto", "true"]})") == R"("true")");
  CHECK(value_of("2", R"({"const": "2"})") == R"("2")");
  CHECK(value_of("[1, a]", R"({})") == R"([1,"a"])");
}

TEST_CASE("a wrong type is told with its place") {
  CHECK(error_of("a:\n  b: seven\n", R"({"properties": {"a": {"properties": {"b": {"type": "integer"}}}}})") ==
        "f.yml:2:6: 'a.b' must be a whole number, not 'seven'");
  CHECK(error_of("a: [1, x]", R"({"properties": {"a": {"type": "array", "items": {"type": "number"}}}})") ==
        "f.yml:1:8: 'a[1]' must be a number, not 'x'");
  CHECK(error_of("a: x", R"({"properties": {"a": {"type": "array"}}})") == "f.yml:1:4: 'a' must be a list, not 'x'");
  CHECK(error_of("a:", R"({"properties": {"a": {"type": "string"}}})") == "f.yml:1:3: 'a' must be text, not nothing");
  CHECK(error_of("a: '5'", R"({"properties": {"a": {"type": "integer"}}})") ==
        "f.yml:1:4: 'a' must be a whole number, not '5' (leave out the quotes)");
  CHECK(error_of("a: 1.5", R"({"properties": {"a": {"type": "integer"}}})") ==
        "f.yml:1:4: 'a' must be a whole number, not '1.5'");
  CHECK(error_of("x", R"({"type": ["array", "object"]})") ==
        "f.yml:1:1: the value must be a list or a mapping, not 'x'");
}

TEST_CASE("unknown keys are refused, with the nearest known one") {
  const auto schema = R"({"type": "object", "properties": {"paths": {}, "keep": {"type": "object", "properties": {"daily": {}}}}})";
  CHECK(error_of("path: 1", schema) == "f.yml:1:1: unknown key 'path' (did you mean 'paths'?)");
  CHECK(error_of("keep: {dialy: 1}", schema) == "f.yml:1:8: unknown key 'keep.dialy' (did you mean 'daily'?)");
  CHECK(error_of("zzz: 1", schema) == "f.yml:1:1: unknown key 'zzz' (known here: keep, paths)");
  SchemaRules rules;
  rules.also_known = {"when"};
  CHECK(read("wen: 1", schema, rules).errors.at(0) == "f.yml:1:1: unknown key 'wen' (did you mean 'when'?)");
  rules.closed = false;
  CHECK(read("wen: 1", schema, rules).json == R"({"wen":1})");
  CHECK(value_of("{a: 1, b: x}", R"({"type": "object", "properties": {"a": {}}, "additionalProperties": true})") ==
        R"({"a":1,"b":"x"})");
  CHECK(error_of("{a: 1, b: x}", R"({"type": "object", "additionalProperties": {"type": "integer"}})") ==
        "f.yml:1:11: 'b' must be a whole number, not 'x'");
  CHECK(error_of("a: 1", R"({"type": "object", "additionalProperties": false})") == "f.yml:1:1: unknown key 'a'");
}

TEST_CASE("defaults are filled in, also inside objects that are there") {
  const auto schema = R"({"type": "object", "properties": {
      "a": {"type": "integer", "default": 3},
      "keep": {"type": "object", "default": {"daily": 7}, "properties": {"daily": {"type": "integer"}, "weekly": {"type": "integer", "default": 4}}}}})";
  CHECK(value_of("{}", schema) == R"({"a":3,"keep":{"daily":7,"weekly":4}})");
  CHECK(value_of("{a: 1, keep: {daily: 1}}", schema) == R"({"a":1,"keep":{"daily":1,"weekly":4}})");
}

TEST_CASE("the constraints speak") {
  CHECK(error_of("{}", R"({"required": ["database"]})") == "f.yml:1:1: 'database' is missing");
  CHECK(error_of("{}", R"({"minProperties": 1})") == "f.yml:1:1: the value needs at least 1 key");
  CHECK(error_of("[]", R"({"minItems": 1})") == "f.yml:1:1: the value needs at least 1 item");
  CHECK(error_of("[a, b, c]", R"({"maxItems": 2})") == "f.yml:1:1: the value can hold 2 items at most");
  CHECK(error_of("[a, b, a]", R"({"uniqueItems": true})") == "f.yml:1:8: the value holds 'a' twice");
  CHECK(error_of("[1, 1.0]", R"({"uniqueItems": true})") == "f.yml:1:5: the value holds '1.0' twice");
  CHECK(error_of("0", R"({"minimum": 1})") == "f.yml:1:1: the value must be at least 1, not '0'");
  CHECK(error_of("1.5", R"({"maximum": 1})") == "f.yml:1:1: the value must be at most 1, not '1.5'");
  CHECK(error_of("1", R"({"exclusiveMinimum": 1})") == "f.yml:1:1: the value must be more than 1, not '1'");
  CHECK(error_of("''", R"({"type": "string", "minLength": 1})") == "f.yml:1:1: the value is empty");
  CHECK(value_of("äöü", R"({"type": "string", "minLength": 3, "maxLength": 3})") == R"("äöü")");
  CHECK(error_of("blue", R"({"enum": ["red", "blu"]})") ==
        "f.yml:1:1: the value must be one of red, blu, not 'blue' (did you mean 'blu'?)");
  CHECK(error_of("3", R"({"const": 2})") == "f.yml:1:1: the value must be 2, not '3'");
  CHECK(error_of("Xy", R"({"type": "string", "pattern": "^[a-z]+$"})") ==
        "f.yml:1:1: the value must match ^[a-z]+$, not 'Xy'");
  CHECK(value_of("a-b", R"({"type": "string", "pattern": "-"})") == R"("a-b")");
}

TEST_CASE("formats check what they name") {
  const auto with = [](const char* format) { return R"({"type": "string", "format": ")" + std::string(format) + "\"}"; };
  CHECK(value_of("1h30m", with("duration")) == R"("1h30m")");
  CHECK(error_of("30", with("duration")).find("must be a duration, not '30' (write a number with a unit") !=
        std::string::npos);
  CHECK(value_of("/srv/a b", with("path")) == R"("/srv/a b")");
  CHECK(error_of("srv", with("path")) == "f.yml:1:1: the value must be an absolute path, not 'srv'");
  CHECK(error_of("\"/a\\nb\"", with("path")).find("absolute path") != std::string::npos);
  CHECK(error_of("Shop", with("name")).find("must be a name") != std::string::npos);
  CHECK(value_of("2028-02-29", with("date")) == R"("2028-02-29")");
  for (const char* wrong : {"2027-02-29", "2027-2-9", "20270209", "abcd-ef-gh"})
    CHECK(error_of(wrong, with("date")).find("date") != std::string::npos);
  CHECK(value_of("https://example.org/x", with("url")) == R"("https://example.org/x")");
  for (const char* wrong : {"ftp://x", "https://", "https:///x", "'https://a b'"}) CHECK(error_of(wrong, with("url")).find("address") != std::string::npos);
  SchemaRules rules;
  rules.check_cron = [](const std::string& text) -> Result<void> {
    if (text == "good") return {};
    return fail(ErrorKind::configuration, "minute: 'x'", "five fields");
  };
  rules.is_known_zone = [](const std::string& zone) { return zone == "UTC"; };
  CHECK(read("good", with("cron"), rules).json == R"("good")");
  CHECK(read("bad", with("cron"), rules).errors.at(0) ==
        "f.yml:1:1: the value must be a cron line: minute: 'x' (five fields)");
  CHECK(read("UTC", with("timezone"), rules).json == R"("UTC")");
  CHECK(read("Mars", with("timezone"), rules).errors.at(0).find("time zone, not 'Mars'") != std::string::npos);
  rules.zone_names = [] { return std::vector<std::string>{"UTC", "Europe/Berlin"}; };
  CHECK(read("Europe/Berln", with("timezone"), rules).errors.at(0).find("(did you mean 'Europe/Berlin'?)") !=
        std::string::npos);
  CHECK(value_of("whatever", with("cron")) == R"("whatever")");
}

TEST_CASE("of several forms the one that needs no conversion is taken") {
  const auto schema = R"({"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "object", "properties": {"on": {"type": "boolean"}}}]})";
  CHECK(value_of("5", schema) == "5");
  CHECK(value_of("'5'", schema) == R"("5")");
  CHECK(value_of("{on: yes}", schema) == R"({"on":true})");
  CHECK(error_of("{on: 5}", schema) == "f.yml:1:6: 'on' must be true or false, not '5'");
  CHECK(error_of("[]", schema) == "f.yml:1:1: the value must be text, or a whole number, or a mapping, not a list");
  const auto one = R"({"oneOf": [{"type": "integer"}, {"type": "integer", "minimum": 5}]})";
  CHECK(value_of("3", one) == "3");
  CHECK(error_of("7", one) == "f.yml:1:1: the value fits more than one of its forms");
}

TEST_CASE("forms beside other keywords are a verdict on the whole") {
  const auto schema = R"({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}},
                          "oneOf": [{"required": ["a"]}, {"required": ["b"]}]})";
  CHECK(value_of("a: 1", schema) == R"({"a":1})");
  CHECK(value_of("b: 1", schema) == R"({"b":"1"})");
  CHECK(error_of("{}", schema) == "f.yml:1:1: the value fits none of its forms: 'a' is missing; or 'b' is missing");
  CHECK(error_of("{a: 1, b: x}", schema).find("exclude each other") != std::string::npos);
}

TEST_CASE("a condition asks for more, or forbids, and says so where it began to hold") {
  const auto schema = R"({"type": "object", "properties": {"engine": {"type": "string"}, "database": {}, "port": {}},
      "allOf": [
        {"if": {"required": ["engine"], "properties": {"engine": {"enum": ["pg", "my"]}}},
         "then": {"required": ["database"]}},
        {"if": {"required": ["port"], "properties": {"port": {}, "engine": {"const": "file"}}},
         "then": false, "x-says": "have `port` with other engines only"}]})";
  CHECK(value_of("{engine: pg, database: a}", schema) == R"({"database":"a","engine":"pg"})");
  CHECK(value_of("{engine: file}", schema) == R"({"engine":"file"})");
  CHECK(value_of("{port: 1}", R"({"type": "object", "properties": {"port": {}}, "if": {"required": ["a"]},
                                  "then": false})") == R"({"port":1})");
  CHECK(error_of("\nengine: pg\nport: 1", schema) == "f.yml:2:1: 'database' is missing");
  CHECK(error_of("engine: file\nport: 1", schema) == "f.yml:2:1: the value must have `port` with other engines only");
  CHECK(error_of("a: 1", R"({"if": {"required": ["a"]}, "then": false})") ==
        "f.yml:1:1: the value cannot be like this");
  // Inside of an object, and where text is wanted: the schema still decides how it is read.
  CHECK(error_of("a: {b: 7}", R"({"properties": {"a": {"properties": {"b": {"type": "string"}},
        "if": {"properties": {"b": {"const": "7"}}}, "then": {"required": ["c"]}, "x-says": "have `c` with b: 7"}}})") ==
        "f.yml:1:4: 'a' must have `c` with b: 7");
  // Closed objects are a matter of `properties` beside it, not of the conditions'.
  CHECK(value_of("{a: 1, b: 2}", R"({"type": "object", "properties": {"a": {}, "b": {}},
                                     "allOf": [{"properties": {"a": {"minimum": 1}}}]})") == R"({"a":1,"b":2})");
}

TEST_CASE("what is wanted is said in the schema's own words") {
  CHECK(error_of("srv", R"({"type": "string", "pattern": "^/", "x-says": "be an absolute path"})") ==
        "f.yml:1:1: the value must be an absolute path, not 'srv'");
  const auto either = R"({"type": "object", "properties": {"a": {}, "b": {}}, "x-says": "have either `a` or `b`",
                          "oneOf": [{"required": ["a"]}, {"required": ["b"]}]})";
  CHECK(error_of("{}", either) == "f.yml:1:1: the value must have either `a` or `b`");
  CHECK(error_of("{a: 1, b: 1}", either) == "f.yml:1:1: the value must have either `a` or `b`");
  CHECK(error_of("x", R"({"anyOf": [{"type": "integer"}, {"const": "all"}], "x-says": "be a number, or all"})") ==
        "f.yml:1:1: the value must be a number, or all");
  SchemaRules rules;
  rules.whole = "the task";
  CHECK(read("{}", either, rules).errors == std::vector<std::string>{"f.yml:1:1: the task must have either `a` or `b`"});
}

TEST_CASE("durations have bounds") {
  const auto schema = R"({"type": "string", "format": "duration", "formatMinimum": "30s", "formatMaximum": "1h"})";
  CHECK(value_of("30s", schema) == R"("30s")");
  CHECK(value_of("60m", schema) == R"("60m")");
  CHECK(error_of("29s", schema) == "f.yml:1:1: the value must be at least 30s, not '29s'");
  CHECK(error_of("61m", schema) == "f.yml:1:1: the value must be at most 1h, not '61m'");
  CHECK_THAT(error_of("soon", schema), Catch::Contains("must be a duration"));
}

TEST_CASE("the lenient reading takes what templates print") {
  const auto lenient = [](const char* yaml, const char* schema) { return value_of(yaml, schema, Reading::lenient); };
  const auto list = R"({"type": "array", "items": {"type": "string"}})";
  CHECK(lenient("\"5\"", R"({"type": "integer"})") == "5");
  CHECK(lenient("' 5 '", R"({"type": "integer"})") == "5");
  CHECK(lenient("\"False\"", R"({"type": "boolean"})") == "false");
  CHECK(lenient("\"5\"", R"({"type": "string"})") == R"("5")");
  CHECK(lenient("\"5\"", R"({"type": ["string", "integer"]})") == R"("5")");
  CHECK(lenient("\"['a', 'b']\"", list) == R"(["a","b"])");
  CHECK(lenient("\"[u'a', u'it\\\"s']\"", list) == R"(["a","it\"s"])");
  CHECK(lenient("'[\"a\"]'", list) == R"(["a"])");
  CHECK(lenient("'[]'", list) == "[]");
  CHECK(lenient("''", list) == "[]");
  CHECK(lenient("[a, b]", list) == R"(["a","b"])");
  CHECK(lenient("/srv/x", list) == R"(["/srv/x"])");
  CHECK(lenient("5", R"({"type": "array", "items": {"type": "integer"}})") == "[5]");
  CHECK(lenient("'[a'", list) == R"(["[a"])");
  CHECK(lenient("{a: , b: 1}", R"({"type": "object", "properties": {"a": {"type": "array"}, "b": {}}})") ==
        R"({"b":1})");
  CHECK(error_of("a:", R"({"properties": {"a": {}}, "required": ["a"]})", Reading::lenient) ==
        "f.yml:1:1: 'a' has no value");
  CHECK(error_of("x", R"({"type": "integer"})", Reading::lenient) ==
        "f.yml:1:1: the value must be a whole number, not 'x'");
  CHECK(error_of("x", R"({"type": "object"})", Reading::lenient) == "f.yml:1:1: the value must be a mapping, not 'x'");
}

TEST_CASE("JSON texts are checked without conversion") {
  const auto schema = R"({"type": "object", "properties": {"b": {"type": "integer", "default": 2}, "a": {"type": "string"}}})";
  CHECK(apply_schema(R"({"a": "x"})", schema).value() == R"({"a":"x","b":2})");
  CHECK(apply_schema(R"({"a": 5})", schema).error().message == "'a' must be text, not '5'");
  CHECK(apply_schema(R"({"b": "5"})", schema).error().message == "'b' must be a whole number, not '5'");
  CHECK_FALSE(apply_schema("{", schema));
}

TEST_CASE("a schema outside the subset is told where it leaves it") {
  CHECK(check_schema(R"({"type": "object", "properties": {"a": {"type": ["string", "null"], "examples": ["x", null]}}})").empty());
  CHECK(problem_of("{") == "the schema is not JSON");
  CHECK(problem_of("[]") == "schema, at /: a schema is a JSON object");
  CHECK(problem_of(R"({"properties": {"a": {"$ref": "#"}}})") ==
        "schema, at /properties/a/$ref: the keyword '$ref' is outside the subset");
  CHECK(problem_of(R"({"type": "text"})") == "schema, at /type: there is no type 'text'");
  CHECK(problem_of(R"({"type": []})") == "schema, at /type: must be a type's name or a list of them");
  CHECK(problem_of(R"({"minItems": -1})").find("0 or more") != std::string::npos);
  CHECK(problem_of(R"({"minimum": "1"})").find("must be a number") != std::string::npos);
  CHECK(problem_of(R"({"enum": []})").find("not empty") != std::string::npos);
  CHECK(problem_of(R"({"anyOf": {}})").find("not empty") != std::string::npos);
  CHECK(problem_of(R"({"items": [{}]})") == "schema, at /items: a schema is a JSON object");
  CHECK(problem_of(R"({"pattern": "(a"})").find("does not compile") != std::string::npos);
  CHECK(problem_of(R"s({"pattern": "(?=a)"})s").find("does not compile") != std::string::npos);
  CHECK(problem_of(R"({"format": "ipv4"})").find("there is no format \"ipv4\"") != std::string::npos);
  CHECK(problem_of(R"({"additionalProperties": 5})") == "schema, at /additionalProperties: a schema is a JSON object");
  CHECK(problem_of(R"({"properties": {"a": {"type": "integer", "default": "5"}}})") ==
        "schema, at /properties/a/default: does not satisfy its own schema: the value must be a whole number, not '5'");
  CHECK(problem_of(R"({"type": "object", "properties": {"a": {}}, "examples": [{"a": 1}, {"b": 1}]})") ==
        "schema, at /examples/1: does not satisfy its own schema: unknown key 'b'");
  CHECK(problem_of(R"({"properties": {"a": {}}, "required": ["b"]})") ==
        "schema, at /required: 'b' is not among the properties");
  CHECK(problem_of(R"({"if": {}})") == "schema, at /: if and then go together");
  CHECK(problem_of(R"({"if": {"nor": 1}, "then": false})") ==
        "schema, at /if/nor: the keyword 'nor' is outside the subset");
  CHECK(problem_of(R"({"if": false, "then": false})") == "schema, at /if: a schema is a JSON object");
  CHECK(problem_of(R"({"allOf": []})").find("not empty") != std::string::npos);
  CHECK(problem_of(R"({"x-says": 1})") == "schema, at /x-says: must be text");
  CHECK(problem_of(R"({"format": "duration", "formatMinimum": 30})").find("must be a duration") != std::string::npos);
  CHECK(problem_of(R"({"type": "string", "formatMinimum": "30s"})").find("of the format duration") !=
        std::string::npos);
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += R"({"items": )";
  CHECK(problem_of(deep + "{}" + std::string(40, '}')).find("nested at most 32") != std::string::npos);
  CHECK(problem_of(R"({"default": )" + std::string(100'000, '[') + std::string(100'000, ']') + "}") ==
        "the schema is not JSON");
}

TEST_CASE("a pattern costs no more on hostile text") {
  const std::string text = "a" + std::string(200'000, 'a') + "!";
  std::vector<Error> errors;
  YamlNode node;
  node.kind = YamlNode::Kind::quoted;
  node.text = text;
  (void)read_by_schema(node, nlohmann::json::parse(R"s({"type": "string", "pattern": "^(a+)+$"})s"), {}, errors);
  CHECK(errors.size() == 1);
}
