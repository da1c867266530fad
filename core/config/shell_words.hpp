// Words as a shell, and Python's shlex, would split them; nothing is expanded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace maintain {

// With comments, an unquoted # ends the text, also in the middle of a word. configuration error: a quote is not closed.
Result<std::vector<std::string>> split_shell_words(std::string_view text, bool comments = false);

}  // namespace maintain
