// What a plugin's option may be, in a few words, from its schema.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace maintain {

// "keep|new|hold-back", "duration", "list of text", "integer|boolean"; empty when the schema does not say.
std::string type_in_words(const nlohmann::ordered_json& schema);

}  // namespace maintain
