#include "config/yaml_scalar.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;

// The word in lower case, when it is written word, Word or WORD; else empty. ("tRUE" is text.)
std::string usual_word(std::string_view text) {
  std::string lower = to_lower(text);
  if (text == lower) return lower;
  const bool first_upper = text.front() != lower.front();
  std::string_view tail = text.substr(1), lower_tail = std::string_view(lower).substr(1);
  if (first_upper && tail == lower_tail) return lower;
  for (const char c : text)
    if (c < 'A' || c > 'Z') return {};
  return lower;
}

bool all_digits(std::string_view text, int base) {
  if (text.empty()) return false;
  for (const char c : text) {
    const bool digit = base == 8    ? c >= '0' && c <= '7'
                       : base == 10 ? c >= '0' && c <= '9'
                                    : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (!digit) return false;
  }
  return true;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool has_float_shape(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t first = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - first;
  };
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  const std::size_t before = digits();
  std::size_t after = 0;
  if (at < text.size() && text[at] == '.') {
    ++at;
    after = digits();
  }
  if (before + after == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

template <class Integer>
std::optional<Integer> whole(std::string_view text, int base) {
  Integer value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Json integer(std::string_view text, int base) {
  if (const auto value = whole<std::int64_t>(text, base)) return *value;
  if (const auto value = whole<std::uint64_t>(text, base)) return *value;
  return nullptr;
}

}  // namespace

std::optional<bool> boolean_word(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::string word = usual_word(text);
  if (word == "true" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "no" || word == "off") return false;
  return std::nullopt;
}

Json number_word(std::string_view text) {
  if (text.starts_with("0x") && all_digits(text.substr(2), 16)) return integer(text.substr(2), 16);
  if (text.starts_with("0o") && all_digits(text.substr(2), 8)) return integer(text.substr(2), 8);
  if (!has_float_shape(text)) return nullptr;
  if (text.front() == '+') text.remove_prefix(1);
  const std::string_view unsigned_text = text.front() == '-' ? text.substr(1) : text;
  if (all_digits(unsigned_text, 10))
    if (Json value = integer(text, 10); !value.is_null()) return value;
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return nullptr;
  return value;
}

Json core_value(const YamlNode& scalar) {
  if (scalar.kind == YamlNode::Kind::null) return nullptr;
  if (scalar.kind == YamlNode::Kind::quoted || scalar.text.empty()) return scalar.text;
  const std::string word = usual_word(scalar.text);
  if (word == "true") return true;
  if (word == "false") return false;
  if (Json number = number_word(scalar.text); !number.is_null()) return number;
  return scalar.text;
}

Json to_json(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::sequence) {
    Json array = Json::array();
    for (const YamlNode& item : node.items) array.push_back(to_json(item));
    return array;
  }
  if (node.kind == YamlNode::Kind::mapping) {
    Json object = Json::object();
    for (const YamlEntry& entry : node.entries) object[entry.key] = to_json(entry.value);
    return object;
  }
  return core_value(node);
}

YamlNode from_json(const Json& value) {
  YamlNode node;
  if (value.is_array()) {
    node.kind = YamlNode::Kind::sequence;
    for (const Json& item : value) node.items.push_back(from_json(item));
  } else if (value.is_object()) {
    node.kind = YamlNode::Kind::mapping;
    for (const auto& [key, child] : value.items()) node.entries.push_back({key, {}, from_json(child)});
  } else if (value.is_string()) {
    node.kind = YamlNode::Kind::quoted;
    node.text = value.get<std::string>();
  } else if (!value.is_null()) {
    node.kind = YamlNode::Kind::plain;
    node.text = value.dump();
  }
  return node;
}

Json parse_json(std::string_view text) {
  constexpr int deepest = 100;  // whoever walks the value does so recursively
  int depth = 0;
  bool inside_string = false;
  for (std::size_t at = 0; at < text.size() && depth <= deepest; ++at) {
    const char c = text[at];
    if (inside_string && c == '\\') ++at;
    else if (c == '"') inside_string = !inside_string;
    else if (!inside_string && (c == '[' || c == '{')) ++depth;
    else if (!inside_string && (c == ']' || c == '}')) --depth;
  }
  if (depth > deepest) return Json(Json::value_t::discarded);
  return Json::parse(text, nullptr, false);
}

Result<std::string> canonical_json(std::string_view json) {
  const Json value = parse_json(json);
  if (value.is_discarded()) return fail(ErrorKind::internal, "not JSON: " + shown(json));
  return canonical_text(value);
}

std::string canonical_text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string shown(std::string_view text) { return "'" + shorten(printable(text), 60) + "'"; }

}  // namespace maintain
