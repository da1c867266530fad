// The one place where words are quoted for the POSIX shell of a server.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace maintain {

// The word as a POSIX shell reads it back, byte for byte. Any byte but NUL, which no argument can hold.
std::string quote_word(std::string_view word);

// The words, each quoted, with a blank between them.
std::string quote_words(const std::vector<std::string>& words);

// [A-Za-z_][A-Za-z0-9_]*
bool is_environment_name(std::string_view name);

}  // namespace maintain
