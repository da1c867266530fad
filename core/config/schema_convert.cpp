#include "config/schema_convert.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "config/yaml_scalar.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;

bool lists(const std::vector<std::string>& types, std::string_view type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

bool is_whole(const Json& value) {
  if (value.is_number_integer()) return true;
  if (!value.is_number_float()) return false;
  const double number = value.get<double>();
  return number == std::floor(number);
}

// 5.0 -> 5, so that equal options are equal text. Beyond 2^53 a double does not say which integer it stands for.
Json as_integer(const Json& value) {
  if (!value.is_number_float() || std::abs(value.get<double>()) > 9007199254740992.0) return value;
  return static_cast<std::int64_t>(value.get<double>());
}

// An unquoted text as the one of the types that it spells; text itself comes last.
std::optional<Json> convert_text(const std::string& text, const std::vector<std::string>& types) {
  if (lists(types, "boolean"))
    if (const auto word = boolean_word(text)) return *word;
  const Json number = number_word(text);
  if (lists(types, "integer") && is_whole(number)) return as_integer(number);
  if (lists(types, "number") && number.is_number()) return number;
  if (lists(types, "string")) return text;
  return std::nullopt;
}

// Python 2's repr of unicode text, which old templates printed: u'abc' reads as a plain scalar in YAML.
void unwrap_unicode_literal(YamlNode& item) {
  std::string& text = item.text;
  if (item.kind != YamlNode::Kind::plain || text.size() < 3 || text[0] != 'u') return;
  if ((text[1] != '\'' && text[1] != '"') || text.back() != text[1]) return;
  text = text.substr(2, text.size() - 3);
  item.kind = YamlNode::Kind::quoted;
}

}  // namespace

std::vector<std::string> types_of(const Json& schema) {
  const auto type = schema.find("type");
  if (type == schema.end()) return {};
  if (type->is_string()) return {type->get<std::string>()};
  return type->get<std::vector<std::string>>();
}

bool has_type(const Json& value, const std::string& type) {
  if (type == "string") return value.is_string();
  if (type == "integer") return is_whole(value);
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "array") return value.is_array();
  if (type == "object") return value.is_object();
  return type == "null" && value.is_null();
}

std::optional<Json> convert_scalar(const YamlNode& scalar, const std::vector<std::string>& types, Reading reading) {
  if (types.empty()) return core_value(scalar);
  if (scalar.kind == YamlNode::Kind::null) {
    if (lists(types, "null")) return Json(nullptr);
    return std::nullopt;
  }
  if (reading == Reading::json) {
    const Json value = core_value(scalar);
    for (const std::string& type : types)
      if (has_type(value, type)) return type == "integer" ? as_integer(value) : value;
    return std::nullopt;
  }
  if (scalar.kind == YamlNode::Kind::plain) return convert_text(scalar.text, types);
  if (lists(types, "string")) return Json(scalar.text);
  if (reading == Reading::lenient) return convert_text(std::string(trim(scalar.text)), types);
  return std::nullopt;
}

YamlNode list_from_scalar(const YamlNode& scalar) {
  YamlNode list;
  list.kind = YamlNode::Kind::sequence;
  list.place = scalar.place;
  const std::string_view text = trim(scalar.text);
  if (text.empty()) return list;
  if (text.front() == '[' && text.back() == ']') {
    auto spelled = parse_yaml("", text);
    const bool flat = spelled && spelled->root.kind == YamlNode::Kind::sequence &&
                      std::all_of(spelled->root.items.begin(), spelled->root.items.end(),
                                  [](const YamlNode& item) { return item.is_scalar(); });
    if (flat) {
      for (YamlNode& item : spelled->root.items) {
        unwrap_unicode_literal(item);
        item.place = scalar.place;
        list.items.push_back(std::move(item));
      }
      return list;
    }
  }
  list.items.push_back(scalar);
  return list;
}

std::string describe_types(const std::vector<std::string>& types) {
  std::vector<std::string> words;
  for (const std::string& type : types) {
    if (type == "string") words.push_back("text");
    else if (type == "integer") words.push_back("a whole number");
    else if (type == "number") words.push_back("a number");
    else if (type == "boolean") words.push_back("true or false");
    else if (type == "array") words.push_back("a list");
    else if (type == "object") words.push_back("a mapping");
    else words.push_back("nothing");
  }
  return join(words, " or ");
}

std::string describe_node(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null: return "nothing";
    case YamlNode::Kind::sequence: return "a list";
    case YamlNode::Kind::mapping: return "a mapping";
    case YamlNode::Kind::plain:
    case YamlNode::Kind::quoted: break;
  }
  return shown(node.text);
}

}  // namespace maintain
