// What an unquoted YAML scalar means, and the way between YamlNode and JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "config/yaml_document.hpp"

namespace maintain {

// YAML 1.2's core schema: null, true/false, whole numbers (also 0x and 0o), numbers; everything else is text. Numbers
// that JSON does not have (.inf, .nan, 1e999) are text too.
nlohmann::json core_value(const YamlNode& scalar);

// true/false, and the words that YAML 1.1 and Ansible use: yes/no, on/off. Any of the three usual capitalisations.
std::optional<bool> boolean_word(std::string_view text);

// The whole number or number that the text is under the core schema; null JSON when it is neither.
nlohmann::json number_word(std::string_view text);

// For data nothing is known about: scalars by core_value().
nlohmann::json to_json(const YamlNode& node);

// A node that core_value() reads back as the same JSON. Without places.
YamlNode from_json(const nlohmann::json& value);

// JSON text as a value; discarded (is_discarded()) when it is not JSON or nested more than 100 deep.
nlohmann::json parse_json(std::string_view text);

// JSON text with sorted keys and no white space: equal values, equal text. The input is JSON text; when it is not,
// an internal error.
Result<std::string> canonical_json(std::string_view json);
std::string canonical_text(const nlohmann::json& value);

// For error messages: 'text', made printable and cut to a readable length.
std::string shown(std::string_view text);

}  // namespace maintain
