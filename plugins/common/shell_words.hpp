// Words for a POSIX shell, where a program's words must become one line: a remote shell's, or a script's. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace maintain::plugins {

// The word as a POSIX shell reads it back, byte for byte. Any byte but NUL, which no argument can hold.
std::string shell_word(std::string_view word);

// The words, each quoted, with a blank between them.
std::string shell_words(const std::vector<std::string>& words);

}  // namespace maintain::plugins
