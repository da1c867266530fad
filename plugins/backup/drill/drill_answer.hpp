// Whether an assertion of a drill holds. Pure.
#pragma once

#include <string>

#include "backup/drill/scratch_plan.hpp"

namespace maintain::plugins::backup {

struct Verdict {
  bool holds = false;
  std::string gave;  // for people: "f", "NULL", "3 rows", the engine's error
};

// A single value which is true, t, or a number other than 0.
Verdict judge(const ScratchAnswer& answer);

}  // namespace maintain::plugins::backup
