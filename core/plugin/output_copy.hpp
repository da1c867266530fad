// The saved output of a task: what a server printed, made fit to be shown, a line at a time so that no multi-byte
// character is cut in two.
#pragma once

#include <string>
#include <string_view>

#include "plugin/host.hpp"

namespace maintain {

class OutputCopy {
 public:
  explicit OutputCopy(Host& host) : host_(host) {}
  ~OutputCopy();
  OutputCopy(const OutputCopy&) = delete;
  OutputCopy& operator=(const OutputCopy&) = delete;

  void add(std::string_view bytes);

 private:
  void emit(std::string_view text);

  Host& host_;
  std::string rest_;  // an unfinished line
};

}  // namespace maintain
