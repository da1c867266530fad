#include "transport/status_filter.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <utility>

namespace maintain {
namespace {

constexpr int shell_signal_base = 128;
constexpr int last_ordinary_signal = SIGTERM;
// A status has three digits at most. What goes on for longer is not the line.
constexpr std::size_t longest_number = 8;

}  // namespace

std::string StatusFilter::pass(std::string_view piece) {
  if (status_) return std::string(piece);
  held_ += piece;
  const std::size_t at = held_.find(mark_);
  if (at != std::string::npos) {
    const std::size_t end = held_.find('\n', at);
    if (end == std::string::npos && held_.size() - at > mark_.size() + longest_number) return std::exchange(held_, {});
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

bool StatusFilter::tell(RemoteExit& exit) const {
  if (!status_) return false;
  const int signal = *status_ - shell_signal_base;
  const bool signalled = signal > 0 && signal <= last_ordinary_signal;
  exit.status = signalled ? -1 : *status_;
  exit.signal = signalled ? signal : 0;
  return true;
}

std::string StatusFilter::rest() { return std::exchange(held_, {}); }

}  // namespace maintain
