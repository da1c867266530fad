// A line that something said during a run, with who said it in front; the run itself has no name.
#pragma once

#include <string>

#include "model/names.hpp"

namespace maintain {

inline std::string log_line(const TaskKey& about, const std::string& line) {
  const std::string who = to_string(about);
  return who.empty() ? line : who + ": " + line;
}

}  // namespace maintain
