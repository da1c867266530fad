// System calls that reach files and services although Landlock forbids them, taken away for good.
#pragma once

#include "base/error.hpp"

namespace maintain {

struct SystemCallRules {
  bool truncation = false;  // take truncate(2), which Landlock here does not handle
};

// From now on, for this thread and its children; no_new_privs must be set. refused: this kernel or machine has none.
Result<void> take_system_calls(const SystemCallRules& rules);

}  // namespace maintain
