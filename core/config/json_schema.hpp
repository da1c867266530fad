// The subset of JSON Schema that describes a plugin's options, and its validator. It reads a YamlNode rather than
// JSON, so that an error names line and column, and so that the schema decides what an unquoted 1.10 or `no` means.
//
// Keywords: type (also a list), enum, const, properties, required, additionalProperties, minProperties, items,
// minItems, maxItems, uniqueItems, minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength,
// pattern, format, formatMinimum, formatMaximum, anyOf, oneOf, allOf, if, then, x-says, default; title, description, examples, $schema, $id and $comment are for people.
// docs/schema-subset.md tells the rest.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "config/yaml_document.hpp"

namespace maintain {

// How a scalar becomes what the schema wants.
enum class Reading {
  json,     // nothing is converted: an unquoted scalar is what YAML's core schema says, a quoted one is text
  yaml,     // an unquoted scalar is taken as the type that is wanted: 1.10 as text, `no` as a boolean
  lenient,  // so are quoted ones ("5", "False"); "['a', 'b']" is a list, one value where a list is wanted a list of
            // one, and a key without a value is as good as absent, as is an empty text where a number or boolean is
            // wanted
};

struct SchemaRules {
  std::string file = {};                     // for errors
  std::string whole = "the value";           // for errors: what the outermost schema is about
  Reading reading = Reading::yaml;
  // The one departure from JSON Schema: an object schema that has `properties` and does not mention
  // additionalProperties refuses other keys. A misspelt option must not pass.
  bool closed = true;
  std::vector<std::string> also_known = {};  // keys of the outermost mapping that "did you mean" may name, too
  std::function<Result<void>(const std::string& cron)> check_cron = {};  // format cron; not set: any text
  std::function<bool(const std::string& zone)> is_known_zone = {};       // format timezone; not set: any text
  std::function<std::vector<std::string>()> zone_names = {};             // for "did you mean"
};

// The value as the schema has it, defaults filled in; meaningful when nothing was added to errors. The schema has to
// be inside the subset (check_schema). Repeated keys are the caller's affair.
nlohmann::json read_by_schema(const YamlNode& node, const nlohmann::json& schema, const SchemaRules& rules,
                              std::vector<Error>& errors);

// The same for JSON texts, nothing converted: canonical JSON with defaults filled in, or the first error.
Result<std::string> apply_schema(std::string_view json, std::string_view schema);

// What is wrong with a schema (JSON text): outside the subset, a default or example that it does not accept itself, a
// pattern that does not compile. Messages name the place as a JSON pointer. Empty: all is well.
std::vector<Error> check_schema(std::string_view schema);
// nested at most 100 deep, as parse_json() sees to
std::vector<Error> check_parsed_schema(const nlohmann::json& schema);

}  // namespace maintain
