#include "cli/option_type.hpp"

#include <algorithm>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace maintain {
namespace {

using Json = nlohmann::ordered_json;

std::string word_of(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

std::string choice_of(std::vector<std::string> words) {
  std::vector<std::string> different;
  for (std::string& word : words)
    if (!word.empty() && std::find(different.begin(), different.end(), word) == different.end())
      different.push_back(std::move(word));
  return join(different, "|");
}

std::string plain_type(const std::string& type, const Json& schema) {
  if (type == "object") return "mapping";
  if (type == "string") return schema.contains("format") ? word_of(schema["format"]) : "text";
  if (type != "array") return type;
  const std::string items = schema.contains("items") ? type_in_words(schema["items"]) : std::string();
  if (items.empty()) return "list";
  return "list of " + (items == "mapping" ? "mappings" : items);
}

}  // namespace

std::string type_in_words(const Json& schema) {
  if (!schema.is_object()) return {};
  if (schema.contains("const")) return word_of(schema["const"]);
  std::vector<std::string> words;
  if (schema.contains("enum")) {
    for (const Json& value : schema["enum"]) words.push_back(word_of(value));
  } else if (!schema.contains("type")) {
    for (const char* forms : {"anyOf", "oneOf"})
      if (schema.contains(forms))
        for (const Json& form : schema[forms]) words.push_back(type_in_words(form));
  } else if (schema["type"].is_array()) {
    for (const Json& type : schema["type"]) words.push_back(plain_type(word_of(type), schema));
  } else {
    words.push_back(plain_type(word_of(schema["type"]), schema));
  }
  return choice_of(std::move(words));
}

}  // namespace maintain
