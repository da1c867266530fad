// The keywords `format` and `pattern`. A part of json_schema.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/json_schema.hpp"

namespace maintain {

// The known formats.
const std::vector<std::string>& schema_formats();

// What keeps the text from being in this format: the end of a sentence that begins with its name ("must be ..."),
// and a hint. nullopt when nothing does.
struct FormatProblem {
  std::string message;
  std::string hint = {};
};
std::optional<FormatProblem> check_format(const std::string& format, const std::string& text,
                                          const SchemaRules& rules);

// Whether the pattern is found in the text. The matcher is RE2: linear in the text whatever the pattern, for the text
// may be a hostile server's. It has no back references and no look-around.
bool matches_pattern(const std::string& pattern, const std::string& text);

// Why a pattern does not compile; empty when it does.
std::string pattern_problem(const std::string& pattern);

}  // namespace maintain
