// check_schema(): is a schema inside the subset that json_schema.cpp understands?
//
// read_by_schema() trusts its schema: every argument has its right type. This is where that is made sure, once, when
// a plugin's manifest is read.
#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "config/json_schema.hpp"
#include "config/schema_format.hpp"
#include "config/yaml_scalar.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;

constexpr int deepest = 32;

class Checker {
 public:
  std::vector<Error> errors;

  void check(const Json& schema, const std::string& at, int depth) {
    if (depth > deepest) return add(at, "schemas may be nested at most 32 deep");
    if (!schema.is_object()) return add(at, "a schema is a JSON object");
    const std::size_t errors_before = errors.size();
    for (const auto& [keyword, argument] : schema.items()) check_keyword(keyword, argument, at + "/" + keyword, depth);
    if (errors.size() != errors_before) return;
    if (schema.contains("if") != schema.contains("then")) add(at, "if and then go together");
    const bool bounded = schema.contains("formatMinimum") || schema.contains("formatMaximum");
    if (bounded && schema.value("format", "") != "duration")
      add(at, "formatMinimum and formatMaximum are of the format duration");
    if (errors.size() != errors_before) return;
    check_against_itself(schema, at);
    check_required(schema, at);
  }

 private:
  void add(const std::string& at, std::string message, std::string hint = {}) {
    errors.push_back({ErrorKind::configuration,
                      fmt::format("schema, at {}: {}", at.empty() ? "/" : shorten(printable(at), 200), message),
                      std::move(hint), {}});
  }
  void expect(bool holds, const std::string& at, const char* message) {
    if (!holds) add(at, message);
  }

  void check_keyword(const std::string& keyword, const Json& argument, const std::string& at, int depth) {
    static const std::set<std::string> texts = {"title", "description", "$schema", "$id", "$comment", "x-says"};
    static const std::set<std::string> counts = {"minItems", "maxItems", "minLength", "maxLength", "minProperties"};
    static const std::set<std::string> numbers = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"};
    static const std::set<std::string> any = {"const", "default"};
    if (texts.contains(keyword)) return expect(argument.is_string(), at, "must be text");
    if (counts.contains(keyword)) return expect(argument.is_number_unsigned(), at, "must be a whole number, 0 or more");
    if (numbers.contains(keyword)) return expect(argument.is_number(), at, "must be a number");
    if (any.contains(keyword)) return;
    if (keyword == "type") return check_type(argument, at);
    if (keyword == "enum")
      return expect(argument.is_array() && !argument.empty(), at, "must be a list that is not empty");
    if (keyword == "examples") return expect(argument.is_array(), at, "must be a list");
    if (keyword == "uniqueItems") return expect(argument.is_boolean(), at, "must be true or false");
    if (keyword == "required") return expect(is_list_of_text(argument), at, "must be a list of names");
    if (keyword == "properties") return check_properties(argument, at, depth);
    if (keyword == "items") return check(argument, at, depth + 1);
    if (keyword == "anyOf" || keyword == "oneOf" || keyword == "allOf") return check_forms(argument, at, depth);
    if (keyword == "if" || (keyword == "then" && argument != false)) return check(argument, at, depth + 1);
    if (keyword == "then") return;
    if (keyword == "formatMinimum" || keyword == "formatMaximum") return check_span(argument, at);
    if (keyword == "pattern") return check_pattern(argument, at);
    if (keyword == "format") return check_format_name(argument, at);
    if (keyword == "additionalProperties") {
      if (!argument.is_boolean()) check(argument, at, depth + 1);
      return;
    }
    add(at, fmt::format("the keyword {} is outside the subset", shown(keyword)),
        "docs/schema-subset.md lists what there is");
  }

  static bool is_list_of_text(const Json& value) {
    return value.is_array() && std::all_of(value.begin(), value.end(),
                                           [](const Json& item) { return item.is_string(); });
  }

  void check_type(const Json& argument, const std::string& at) {
    static const std::set<std::string> known = {"string", "integer", "number", "boolean", "array", "object", "null"};
    const Json list = argument.is_string() ? Json::array({argument}) : argument;
    if (!is_list_of_text(list) || list.empty()) return add(at, "must be a type's name or a list of them");
    for (const Json& name : list)
      if (!known.contains(name.get<std::string>()))
        add(at, fmt::format("there is no type {}", shown(name.get<std::string>())));
  }

  void check_properties(const Json& argument, const std::string& at, int depth) {
    if (!argument.is_object()) return add(at, "must be an object");
    for (const auto& [name, property] : argument.items()) check(property, at + "/" + name, depth + 1);
  }

  void check_forms(const Json& argument, const std::string& at, int depth) {
    if (!argument.is_array() || argument.empty()) return add(at, "must be a list that is not empty");
    if (argument.size() > 16) return add(at, "lists more than 16 schemas");
    for (std::size_t i = 0; i < argument.size(); ++i) check(argument[i], fmt::format("{}/{}", at, i), depth + 1);
  }

  void check_pattern(const Json& argument, const std::string& at) {
    if (!argument.is_string()) return add(at, "must be text");
    if (const std::string problem = pattern_problem(argument.get<std::string>()); !problem.empty())
      add(at, fmt::format("the pattern does not compile: {}", printable(problem)),
          "patterns are RE2's: no back references, no look-around");
  }

  void check_format_name(const Json& argument, const std::string& at) {
    const std::vector<std::string>& known = schema_formats();
    if (!argument.is_string() || std::find(known.begin(), known.end(), argument.get<std::string>()) == known.end())
      add(at, fmt::format("there is no format {}", canonical_text(argument)),
          fmt::format("known formats: {}", join(known, ", ")));
  }

  void check_span(const Json& argument, const std::string& at) {
    expect(argument.is_string() && parse_duration(argument.get<std::string>()), at, "must be a duration");
  }

  // What a schema says of values has to satisfy it, or every use of the plugin would fail on its author's slip.
  void check_against_itself(const Json& schema, const std::string& at) {
    SchemaRules rules;
    rules.reading = Reading::json;
    const auto satisfies = [&](const Json& value, const std::string& where) {
      std::vector<Error> problems;
      (void)read_by_schema(from_json(value), schema, rules, problems);
      if (!problems.empty()) add(where, fmt::format("does not satisfy its own schema: {}", problems.front().message));
    };
    if (schema.contains("default")) satisfies(schema["default"], at + "/default");
    if (schema.contains("examples"))
      for (std::size_t i = 0; i < schema["examples"].size(); ++i)
        satisfies(schema["examples"][i], fmt::format("{}/examples/{}", at, i));
  }

  void check_required(const Json& schema, const std::string& at) {
    if (!schema.contains("required") || !schema.contains("properties")) return;
    for (const Json& name : schema["required"])
      if (!schema["properties"].contains(name.get<std::string>()))
        add(at + "/required", fmt::format("{} is not among the properties", shown(name.get<std::string>())));
  }
};

}  // namespace

std::vector<Error> check_schema(std::string_view schema) {
  const Json parsed = parse_json(schema);
  if (parsed.is_discarded()) return {{ErrorKind::configuration, "the schema is not JSON", {}, {}}};
  return check_parsed_schema(parsed);
}

std::vector<Error> check_parsed_schema(const Json& schema) {
  Checker checker;
  checker.check(schema, "", 0);
  return std::move(checker.errors);
}

}  // namespace maintain
