// Reading what a task remembers: a document that may have been damaged or written by another version. What does not
// have the expected shape is as if it were not there. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <maintain/plugin.hpp>

namespace maintain::letsencrypt {

inline constexpr std::size_t most_remembered = 200;  // rows of one list

const sdk::Json* member(const sdk::Json& document, const char* key);
std::string text_at(const sdk::Json& document, const char* key, std::size_t most_bytes = 2000);
std::int64_t number_at(const sdk::Json& document, const char* key, std::int64_t least, std::int64_t most);
bool flag_at(const sdk::Json& document, const char* key);
std::vector<std::string> texts_at(const sdk::Json& document, const char* key);
// Milliseconds since 1970; nothing when it lies after `latest`.
std::optional<sdk::Moment> moment_at(const sdk::Json& document, const char* key, sdk::Moment latest);
sdk::Json moment_to_json(sdk::Moment moment);

// At most so many bytes, cut between two characters.
std::string cut(std::string_view text, std::size_t most_bytes);

}  // namespace maintain::letsencrypt
