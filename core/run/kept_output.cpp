#include "run/kept_output.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace maintain {

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
  return printable(beginning_, true) + fmt::format("\n[... {} bytes left out ...]\n", left_out_ + surplus) +
         printable(std::string_view(end_).substr(surplus), true);
}

}  // namespace maintain
