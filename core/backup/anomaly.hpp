// Whether a new copy is what its predecessors make us expect. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace maintain {

struct CopySize {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
};

inline constexpr std::size_t anomaly_window = 7;   // so many of the last verified copies make the median
inline constexpr std::size_t anomaly_least = 3;    // with fewer nothing is usual yet

struct AnomalyRule {
  double drop = 0.5;         // by more than this fraction below the median is an anomaly; 0..1
  bool allow_empty = false;  // whether nothing at all is fine
};

// A sentence that says what is wrong with the copy, or empty. `earlier`: verified copies, newest first.
std::string anomaly_of(const CopySize& copy, const std::vector<CopySize>& earlier, const AnomalyRule& rule);

}  // namespace maintain
