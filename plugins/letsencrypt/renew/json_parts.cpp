#include "letsencrypt/renew/json_parts.hpp"

#include <algorithm>

#include "common/sections.hpp"

namespace maintain::letsencrypt {

using sdk::Json;

const Json* member(const Json& document, const char* key) {
  if (!document.is_object()) return nullptr;
  const auto found = document.find(key);
  return found == document.end() ? nullptr : &*found;
}

std::string text_at(const Json& document, const char* key, std::size_t most_bytes) {
  const Json* found = member(document, key);
  if (found == nullptr || !found->is_string()) return {};
  return cut(plugins::printable(found->get_ref<const std::string&>()), most_bytes);
}

std::int64_t number_at(const Json& document, const char* key, std::int64_t least, std::int64_t most) {
  const Json* found = member(document, key);
  if (found == nullptr || !found->is_number_integer()) return least;
  if (found->is_number_unsigned() && found->get<std::uint64_t>() > static_cast<std::uint64_t>(most)) return most;
  return std::clamp(found->get<std::int64_t>(), least, most);
}

bool flag_at(const Json& document, const char* key) {
  const Json* found = member(document, key);
  return found != nullptr && *found == Json(true);
}

std::vector<std::string> texts_at(const Json& document, const char* key) {
  std::vector<std::string> texts;
  const Json* found = member(document, key);
  if (found == nullptr || !found->is_array()) return texts;
  for (const Json& item : *found)
    if (item.is_string() && texts.size() < most_remembered)
      texts.push_back(cut(plugins::printable(item.get_ref<const std::string&>()), 500));
  return texts;
}

std::optional<sdk::Moment> moment_at(const Json& document, const char* key, sdk::Moment latest) {
  const Json* found = member(document, key);
  if (found == nullptr || !found->is_number_integer()) return std::nullopt;
  const std::int64_t most = latest.time_since_epoch().count();
  const std::int64_t value = number_at(document, key, 0, most + 1);
  if (value == 0 || value > most) return std::nullopt;
  return sdk::Moment(sdk::Milliseconds(value));
}

Json moment_to_json(sdk::Moment moment) { return moment.time_since_epoch().count(); }

std::string cut(std::string_view text, std::size_t most_bytes) {
  if (text.size() <= most_bytes) return std::string(text);
  std::size_t end = most_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end));
}

}  // namespace maintain::letsencrypt
