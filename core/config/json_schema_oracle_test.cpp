// The same verdict as valijson, over a table and over generated schemas and values. Formats and our closed objects are
// left out: to JSON Schema the first are remarks, and the second are our own rule.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include <random>

#include "config/json_schema.hpp"
#include "config/yaml_scalar.hpp"

using namespace maintain;
using Json = nlohmann::json;

namespace {

bool ours(const Json& schema, const Json& value) {
  SchemaRules rules;
  rules.reading = Reading::json;
  rules.closed = false;
  std::vector<Error> errors;
  (void)read_by_schema(from_json(value), schema, rules, errors);
  return errors.empty();
}

bool theirs(const Json& schema_json, const Json& value) {
  valijson::Schema schema;
  valijson::SchemaParser(valijson::SchemaParser::kDraft7)
      .populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_json), schema);
  return valijson::Validator(valijson::Validator::kStrongTypes)
      .validate(schema, valijson::adapters::NlohmannJsonAdapter(value), nullptr);
}

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  Json schema(int depth) {
    static const char* const types[] = {"string", "integer", "number", "boolean", "array", "object", "null"};
    Json made = Json::object();
    if (chance(70)) made["type"] = types[upto(6)];
    if (chance(15)) made["type"] = Json::array({types[upto(6)], types[upto(6)]});
    if (made.contains("type") && made["type"].is_array() && made["type"][0] == made["type"][1])
      made["type"] = made["type"][0];
    if (chance(10)) made["enum"] = Json::array({value(1), value(1), "a"});
    if (chance(5)) made["const"] = value(1);
    if (chance(15)) made["minimum"] = upto(3);
    if (chance(15)) made["maximum"] = upto(6);
    if (chance(5)) made["exclusiveMinimum"] = upto(3);
    if (chance(5)) made["exclusiveMaximum"] = upto(6);
    if (chance(15)) made["minLength"] = upto(2);
    if (chance(15)) made["maxLength"] = upto(3);
    if (chance(15)) made["pattern"] = pick({"^a", "b$", "[0-9]+", "^(ab|c)*$"});
    if (chance(15)) made["minItems"] = upto(2);
    if (chance(15)) made["maxItems"] = upto(3);
    if (chance(15)) made["uniqueItems"] = chance(50);
    if (chance(10)) made["minProperties"] = upto(2);
    if (depth == 0) return made;
    if (chance(40)) made["items"] = schema(depth - 1);
    if (chance(50))
      for (const char* name : {"a", "b"})
        if (chance(70)) made["properties"][name] = schema(depth - 1);
    if (chance(20)) made["required"] = Json::array({pick({"a", "b", "c"})});
    if (chance(15)) made["additionalProperties"] = false;
    else if (chance(15)) made["additionalProperties"] = schema(depth - 1);
    if (chance(15)) made["anyOf"] = Json::array({schema(depth - 1), schema(depth - 1)});
    if (chance(15)) made["oneOf"] = Json::array({schema(depth - 1), schema(depth - 1)});
    if (chance(10)) made["allOf"] = Json::array({schema(depth - 1), schema(depth - 1)});
    if (chance(15)) {
      made["if"] = schema(depth - 1);
      made["then"] = chance(20) ? Json(false) : schema(depth - 1);
    }
    return made;
  }

  // No 1.0: whether it is an integer is where drafts of JSON Schema differ.
  Json value(int depth) {
    switch (upto(depth > 0 ? 8 : 6)) {
      case 0: return nullptr;
      case 1: return chance(50);
      case 2: return upto(6);
      case 3: return -upto(3);
      case 4: return upto(5) + 0.5;
      case 5: return pick({"", "a", "ab", "abc", "7", "äö"});
      case 6: return pick({"b", "c", "true"});
      case 7: {
        Json array = Json::array();
        for (int i = upto(3); i > 0; --i) array.push_back(value(depth - 1));
        return array;
      }
      default: {
        Json object = Json::object();
        for (const char* name : {"a", "b", "c"})
          if (chance(50)) object[name] = value(depth - 1);
        return object;
      }
    }
  }

 private:
  int upto(int most) { return static_cast<int>(random_() % static_cast<unsigned>(most + 1)); }
  bool chance(int percent) { return upto(99) < percent; }
  const char* pick(std::initializer_list<const char*> words) {
    return words.begin()[upto(static_cast<int>(words.size()) - 1)];
  }

  std::mt19937 random_;  // its sequence is the same everywhere
};

}  // namespace

TEST_CASE("the oracle agrees on a table") {
  const auto schemas = Json::parse(R"([
    {}, {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
    {"type": ["string", "null"], "maxLength": 2}, {"enum": [1, "1", null, [1], {"a": 1}]}, {"const": {"a": [1, 2]}},
    {"type": "array", "items": {"type": "number", "minimum": 1, "exclusiveMaximum": 3}, "uniqueItems": true},
    {"additionalProperties": {"type": "boolean"}, "minProperties": 1},
    {"anyOf": [{"type": "string"}, {"type": "array", "minItems": 1}]},
    {"oneOf": [{"minimum": 2}, {"maximum": 2}]},
    {"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}], "properties": {"a": {}, "b": {}}, "additionalProperties": false},
    {"type": "string", "pattern": "^[a-z]+$", "minLength": 2}])");
  const auto values = Json::parse(R"([null, true, 0, 1, 2, 2.5, 3, "", "1", "ab", "äö", "abc", "A", [], [1], [1, 1], [1, 2.5], [3], ["x"],
    {}, {"a": 1}, {"a": [1, 2]}, {"a": "x"}, {"b": 1}, {"a": 1, "b": 1}, {"a": true}, {"c": 1}])");
  for (const Json& schema : schemas)
    for (const Json& value : values) {
      INFO(schema.dump() << "  " << value.dump());
      CHECK(ours(schema, value) == theirs(schema, value));
    }
}

TEST_CASE("the oracle agrees on generated schemas and values") {
  Generator generator(20261122);
  int accepted = 0, refused = 0;
  for (int i = 0; i < 2000; ++i) {
    Json schema = generator.schema(2);
    // Where a schema requires what it does not list, ours is outside the subset; the verdict is the same all the same.
    for (int j = 0; j < 8; ++j) {
      const Json value = generator.value(3);
      const bool verdict = ours(schema, value);
      (verdict ? accepted : refused) += 1;
      if (verdict == theirs(schema, value)) continue;
      INFO(schema.dump() << "  " << value.dump());
      CHECK(verdict == theirs(schema, value));
    }
  }
  CHECK(accepted > 2000);  // the comparison is worth something only when both verdicts are frequent
  CHECK(refused > 2000);
}
