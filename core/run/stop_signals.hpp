// SIGTERM, SIGINT and SIGHUP as events of a loop, for as long as this lives; afterwards they act as before.
#pragma once

#include <csignal>

#include "base/error.hpp"
#include "base/fd.hpp"

namespace maintain {

class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  int fd() const { return signals_.get(); }  // readable when one came
  int take();                                // how many came

 private:
  UniqueFd signals_;
  sigset_t before_{};
};

}  // namespace maintain
