// A task's output as it is kept: all of it while it is small, else its beginning and its end, cut between lines where
// a line ends near. The one place where output is bounded: what text() returns is stored as it is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace maintain {

class KeptOutput {
 public:
  explicit KeptOutput(std::size_t limit) : limit_(limit) {}
  void add(std::string_view bytes);
  // Fit to be shown, with a line that says how much is missing where something is.
  std::string text() const;

 private:
  std::size_t limit_;
  std::string beginning_;
  std::string end_;            // at most twice its share, so that it is cut seldom
  std::size_t left_out_ = 0;
};

}  // namespace maintain
