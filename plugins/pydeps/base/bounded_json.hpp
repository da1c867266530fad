// JSON from servers, read within bounds, and the few accesses that what is made of it needs. Nothing here throws.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace maintain::pydeps {

using Json = nlohmann::json;

struct JsonBounds {
  std::size_t bytes = 8U << 20U;      // of the text
  std::size_t depth = 32;             // of arrays and objects within each other
  std::size_t values = 1'000'000;     // in the text, also those that are not kept
};

struct ParsedJson {
  std::optional<Json> value = {};
  std::string problem = {};  // a sentence without its end, when there is no value
};

// Whether a member of an object is kept. depth: 1 for those of the outermost object. For documents that are large
// mostly with what nobody reads here.
using KeepMember = std::function<bool(std::size_t depth, std::string_view name)>;

// The bounds are checked before anything is built: nothing that an index or a database sends can exhaust the stack or
// the memory. Text that is no UTF-8 is refused, so every string in the value is valid. Without keep everything is kept.
ParsedJson parse_json(std::string_view text, const JsonBounds& bounds, const KeepMember& keep = {});

// The member when the value is an object that has it; else nullptr.
const Json* member(const Json& value, const char* name);

// The member when it is an array; else nullptr.
const Json* array_member(const Json& value, const char* name);

// The text of the member; empty when it is missing or no text.
std::string text_member(const Json& value, const char* name);

// The text cut to at most this many bytes, between two characters, and printable (plugins::printable): fit to show.
std::string shown_text(std::string_view text, std::size_t most_bytes);

}  // namespace maintain::pydeps
