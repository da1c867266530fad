#include "common/duration_option.hpp"

#include "common/duration.hpp"

namespace maintain::plugins {

std::optional<sdk::Milliseconds> duration_option(const sdk::Json& json, const char* key, const std::string& path) {
  const auto found = json.find(key);
  if (found == json.end()) return std::nullopt;
  const auto span = parse_duration(found->get<std::string>());
  if (!span) throw sdk::InvalidOption(path + "/" + key, "must be a duration like 30m or 2d");
  return span;
}

}  // namespace maintain::plugins
