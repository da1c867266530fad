// Scalars -> what a schema's `type` asks for. A part of json_schema.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "config/json_schema.hpp"

namespace maintain {

// The words of a schema's `type`; empty when it has none (everything is admitted).
std::vector<std::string> types_of(const nlohmann::json& schema);

// Whether a value is of the named JSON Schema type. 5.0 is an integer.
bool has_type(const nlohmann::json& value, const std::string& type);

// The scalar (or null) as the first of the types that fits it; nullopt when none does.
std::optional<nlohmann::json> convert_scalar(const YamlNode& scalar, const std::vector<std::string>& types,
                                             Reading reading);

// Lenient reading of a scalar where a list is wanted: the list that its text spells (YAML's and Python's notation), an
// empty one for an empty text, else a list of this one scalar.
YamlNode list_from_scalar(const YamlNode& scalar);

// "text", "a whole number or a list".
std::string describe_types(const std::vector<std::string>& types);

// What was found, for error messages: "nothing", "'seven'", "a list", "a mapping".
std::string describe_node(const YamlNode& node);

}  // namespace maintain
