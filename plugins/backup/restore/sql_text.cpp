#include "backup/restore/sql_text.hpp"

namespace maintain::plugins::backup {

std::string sql_quoted(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char c : text) {
    quoted += c;
    if (c == quote) quoted += c;
  }
  return quoted + quote;
}

}  // namespace maintain::plugins::backup
