#include "transport/status_filter.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace maintain {

std::string StatusFilter::pass(std::string_view piece) {
  if (status_) return std::string(piece);
  held_ += piece;
  const std::size_t at = held_.find(mark_);
  if (at != std::string::npos) {
    const std::size_t end = held_.find('\n', at);
    if (end == std::string::npos) return std::exchange(held_, held_.substr(at)).substr(0, at);
    int status = 0;
    std::from_chars(held_.data() + at + mark_.size(), held_.data() + end, status);
    status_ = status;
    std::string own = held_.substr(0, at) + held_.substr(end + 1);
    held_.clear();
    return own;
  }
  // Keep only what the line could still begin with.
  std::size_t keep = std::min(held_.size(), mark_.size() - 1);
  while (keep > 0 && !mark_.starts_with(std::string_view(held_).substr(held_.size() - keep))) --keep;
  std::string own = held_.substr(0, held_.size() - keep);
  held_.erase(0, own.size());
  return own;
}

std::string StatusFilter::rest() { return std::exchange(held_, {}); }

}  // namespace maintain
