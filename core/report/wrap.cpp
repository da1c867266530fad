#include "report/wrap.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"

namespace maintain {
namespace {

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string wrap_line(std::string_view line, const std::string& first_indent, const std::string& indent,
                      std::size_t width) {
  std::string out, current = first_indent;
  bool empty = true;
  for (const std::string& word : split_words(line)) {
    if (!empty && columns(current) + 1 + columns(word) > width) {
      out += current + '\n';
      current = indent;
      empty = true;
    }
    if (!empty) current += ' ';
    current += word;
    empty = false;
  }
  if (empty) return out + '\n';  // a blank line stays one, without trailing spaces
  return out + current + '\n';
}

}  // namespace

std::string wrap(std::string_view text, std::string_view indent, std::size_t width) {
  std::string out;
  for (const std::string& line : split_lines(text)) {
    const std::size_t spaces = std::min(line.find_first_not_of(" \t"), line.size());
    const std::string own(indent);
    const std::string deeper = own + line.substr(0, spaces);
    // A line that fits is left as it is: it may be a table.
    if (columns(own) + columns(line) <= width) out += trim(line).empty() ? "\n" : own + line + '\n';
    else out += wrap_line(line, deeper, deeper, width);
  }
  return out;
}

std::string wrap_labelled(std::string_view label, std::string_view text, std::string_view indent, std::size_t width) {
  const std::string own(indent);
  return wrap_line(text, own + std::string(label) + ": ", own + "  ", width);
}

}  // namespace maintain
