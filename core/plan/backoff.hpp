// How long a failing task is left alone.
#pragma once

#include <algorithm>
#include <optional>

#include "model/plan.hpp"

namespace maintain {

// first, then doubled with each further failure, up to longest.
inline Seconds backoff(const Retry& retry, int failures_in_a_row) {
  const Seconds longest = std::max(retry.first, retry.longest);
  Seconds wait = retry.first;
  for (int failure = 1; failure < failures_in_a_row && wait < longest; ++failure) wait *= 2;
  return std::min(wait, longest);
}

// When a task that failed may run again; nullopt when nothing holds it back. The record counts neither skipped nor
// cancelled runs, as failures or as attempts.
inline std::optional<Time> next_attempt(const Retry& retry, const TaskRecord& record) {
  if (record.failures_in_a_row <= 0 || !record.last_attempt) return std::nullopt;
  return *record.last_attempt + backoff(retry, record.failures_in_a_row);
}

}  // namespace maintain
