#include "run/kept_output.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace maintain {
namespace {

// A cut is moved to a line end that is nearer than this, and than a quarter of what is kept.
std::size_t near(std::string_view text) { return std::min<std::size_t>(400, text.size() / 4); }

bool continues_sequence(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Where `text` ends when its rest is left out: after a line, or before a character that has lost its end.
std::size_t end_of_beginning(std::string_view text) {
  const auto line_end = text.rfind('\n');
  if (line_end != std::string_view::npos && text.size() - line_end - 1 <= near(text)) return line_end + 1;
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    if (!continues_sequence(text[text.size() - back])) return back < length ? text.size() - back : text.size();
  }
  return text.size();
}

std::size_t start_of_end(std::string_view text) {
  const auto line_end = text.find('\n');
  if (line_end != std::string_view::npos && line_end <= near(text)) return line_end + 1;
  std::size_t start = 0;
  while (start < std::min<std::size_t>(3, text.size()) && continues_sequence(text[start])) ++start;
  return start;
}

}  // namespace

void KeptOutput::add(std::string_view bytes) {
  const std::size_t share = limit_ / 2;
  const std::size_t to_beginning = std::min(bytes.size(), share - std::min(share, beginning_.size()));
  beginning_ += bytes.substr(0, to_beginning);
  end_ += bytes.substr(to_beginning);
  if (end_.size() <= 2 * share) return;
  const std::size_t surplus = end_.size() - share;
  end_.erase(0, surplus);
  left_out_ += surplus;
}

std::string KeptOutput::text() const {
  const std::size_t share = limit_ / 2;
  const std::size_t surplus = end_.size() > share ? end_.size() - share : 0;
  if (left_out_ + surplus == 0) return printable(beginning_ + end_, true);
  const std::string_view end = std::string_view(end_).substr(surplus);
  const std::size_t head = end_of_beginning(beginning_);
  const std::size_t tail = start_of_end(end);
  std::string text = printable(std::string_view(beginning_).substr(0, head), true);
  if (!text.empty() && text.back() != '\n') text += '\n';
  text += fmt::format("[... {} bytes left out ...]\n", left_out_ + surplus + (beginning_.size() - head) + tail);
  return text + printable(end.substr(tail), true);
}

}  // namespace maintain
