// Small text functions, and the one place where text from a server is made fit to be shown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace maintain {

std::string_view trim(std::string_view text);  // ASCII white space at both ends
std::vector<std::string> split(std::string_view text, char separator);  // keeps empty fields; "" -> {""}
std::vector<std::string> split_lines(std::string_view text);  // \n and \r\n; no empty last line
std::vector<std::string> split_words(std::string_view text);  // by white space, no empty words
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string to_lower(std::string_view text);  // ASCII
std::string to_upper(std::string_view text);  // ASCII

// Text from a server, fit for a terminal, a mail or JSON: valid UTF-8 (a wrong byte becomes U+FFFD), no C0 or
// C1 control characters, no bidirectional overrides; tabs and line ends stay when multiline is set and become
// a space otherwise.
std::string printable(std::string_view text, bool multiline = false);

// How many bytes at the start are valid UTF-8 (RFC 3629): text.size() when all are.
std::size_t valid_utf8_length(std::string_view text);

// At most limit bytes, cut at a code point, with " […]" where something was cut.
std::string shorten(std::string_view text, std::size_t limit);

// "3 packages", "1 package"; plural_form defaults to noun + "s".
std::string count_of(std::size_t count, std::string_view noun, std::string_view plural_form = {});

// "1.4 GiB", "312 bytes", "1 byte".
std::string size_text(std::uint64_t bytes);

// Whether a comes before b for a person: numbers in them count by their value, as in "shop.yml:9" before "shop.yml:10".
bool natural_less(std::string_view a, std::string_view b);

// The name nearest to `word` among candidates ("did you mean"), or empty when none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace maintain
