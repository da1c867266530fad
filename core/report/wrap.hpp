// Running text in a column.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace maintain {

// Every line of the text, indented and broken at spaces so that it ends before `width` columns where it can; the
// rest of a broken line is indented like its beginning. A word that is too long stays whole, for it may be a command
// to copy. Ends with a newline unless the text is empty.
std::string wrap(std::string_view text, std::string_view indent, std::size_t width);

// "  label: text", its further lines indented under the label by two more.
std::string wrap_labelled(std::string_view label, std::string_view text, std::string_view indent, std::size_t width);

}  // namespace maintain
