// Takes one output stream of a command: to its receiver or into a string, up to the limit.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

namespace maintain {

class OutputCollector {
 public:
  OutputCollector(const std::function<bool(std::string_view)>& taker, std::string& collected, std::size_t limit)
      : taker_(taker), collected_(collected), room_(limit) {}

  // False when the receiver wants no more.
  bool take(std::string_view piece) {
    if (head_.size() < head_limit) head_.append(piece.substr(0, head_limit - head_.size()));
    const std::string_view kept = piece.substr(0, std::min(room_, piece.size()));
    room_ -= kept.size();
    if (kept.size() < piece.size()) truncated_ = true;
    if (kept.empty()) return true;
    if (taker_) return taker_(kept);
    collected_.append(kept);
    return true;
  }

  bool truncated() const { return truncated_; }
  // How the stream began, also when a receiver took it.
  const std::string& head() const { return head_; }

 private:
  static constexpr std::size_t head_limit = 4096;
  const std::function<bool(std::string_view)>& taker_;
  std::string& collected_;
  std::size_t room_;
  bool truncated_ = false;
  std::string head_;
};

}  // namespace maintain
