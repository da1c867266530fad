#include "pydeps/base/bounded_json.hpp"

#include <algorithm>

#include "common/sections.hpp"
#include "pydeps/base/kept_json.hpp"

namespace maintain::pydeps {
namespace {

struct Extent {
  std::size_t depth = 0;
  std::size_t values = 0;
};

// Counts what a parser would meet. As far as the text is valid JSON this sees the same strings and brackets as a
// parser, and a parser goes no farther than that.
Extent measure(std::string_view text) {
  Extent extent;
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      else if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    else if (c == '[' || c == '{') extent.depth = std::max(extent.depth, ++depth);
    else if ((c == ']' || c == '}') && depth > 0) --depth;
    // Each value but the first of an array or object stands behind a comma, the first behind a bracket.
    if (c == ',' || c == '[' || c == '{') ++extent.values;
  }
  return extent;
}

Json parse_kept(std::string_view text, const KeepMember& keep) {
  if (!keep) return Json::parse(text, nullptr, false);
  KeptJson kept(keep);
  if (!Json::sax_parse(text, &kept)) return Json(Json::value_t::discarded);
  return std::move(kept.value());
}

}  // namespace

ParsedJson parse_json(std::string_view text, const JsonBounds& bounds, const KeepMember& keep) {
  if (text.size() > bounds.bytes) {
    return {.problem = "it has " + std::to_string(text.size()) + " bytes, more than the " +
                       std::to_string(bounds.bytes) + " allowed"};
  }
  const Extent extent = measure(text);
  if (extent.depth > bounds.depth) return {.problem = "its arrays and objects are nested too deeply"};
  if (extent.values > bounds.values) {
    return {.problem = "it has more than " + std::to_string(bounds.values) + " values"};
  }
  try {
    Json value = parse_kept(text, keep);
    if (value.is_discarded()) return {.problem = "it is no JSON"};
    return {.value = std::move(value)};
  } catch (const std::exception&) {  // numbers out of range, which nlohmann/json throws of even when told not to
    return {.problem = "it is no JSON"};
  }
}

const Json* member(const Json& value, const char* name) {
  if (!value.is_object()) return nullptr;
  const auto found = value.find(name);
  return found == value.end() ? nullptr : &*found;
}

const Json* array_member(const Json& value, const char* name) {
  const Json* found = member(value, name);
  return found != nullptr && found->is_array() ? found : nullptr;
}

std::string text_member(const Json& value, const char* name) {
  const Json* found = member(value, name);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

std::string shown_text(std::string_view text, std::size_t most_bytes) {
  if (text.size() > most_bytes) {
    std::size_t end = most_bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text = text.substr(0, end);
  }
  return plugins::printable(text);
}

}  // namespace maintain::pydeps
