// Text as SQL reads it back. Pure.
#pragma once

#include <string>
#include <string_view>

namespace maintain::plugins::backup {

// Between these quotes, those inside doubled: an identifier, or a literal where a backslash means nothing.
std::string sql_quoted(std::string_view text, char quote);

}  // namespace maintain::plugins::backup
