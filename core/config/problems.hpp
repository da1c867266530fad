// Several errors as one, for calls that give one Error.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace maintain {

// Of one file: whoever corrects it goes from top to bottom, the checks did not.
inline void sort_by_place(std::vector<Error>& errors) {
  const auto place_of = [](const Error& error) {
    return error.where ? std::pair(error.where->line, error.where->column) : std::pair(0, 0);
  };
  std::stable_sort(errors.begin(), errors.end(),
                   [&](const Error& a, const Error& b) { return place_of(a) < place_of(b); });
}

// The first error, with the others one a line behind its message. `errors` must not be empty.
inline Error combine(std::vector<Error> errors) {
  Error all = std::move(errors.front());
  if (errors.size() == 1) return all;
  if (!all.hint.empty()) all.message += " (" + std::exchange(all.hint, {}) + ")";
  for (std::size_t i = 1; i < errors.size(); ++i) all.message += "\n" + errors[i].describe();
  return all;
}

// A file of the configuration that cannot be read is a matter of the configuration, whatever the operating system says.
inline Error unreadable(Error error) {
  if (error.kind != ErrorKind::system) return error;
  error.kind = ErrorKind::configuration;
  if (error.hint.empty()) error.hint = "the user that runs maintain must be able to read it";
  return error;
}

}  // namespace maintain
