// Until when Python and Django get security fixes: end_of_life.yml, which is built in, or a newer one of its form.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pydeps/version/version.hpp"

namespace maintain::pydeps {

struct SupportCycle {
  Version line;                 // 3.11 stands for all of its releases
  std::chrono::sys_days last;   // the last day with security fixes
  std::chrono::sys_days as_of;  // as was known on this day
};

struct EndOfLifeTable {
  std::chrono::sys_days as_of;
  std::map<std::string, std::vector<SupportCycle>, std::less<>> products;  // "python", "django"; by line
};

struct ParsedEndOfLife {
  std::optional<EndOfLifeTable> table = {};
  std::string problem = {};  // why there is none, with its line: fit to show, without an end
};

// A date, a product or a line that is wrong costs the whole: a part that is missing would pass for good news.
ParsedEndOfLife parse_end_of_life(std::string_view yaml);

// What `newer` says goes before what `table` says of the same line.
EndOfLifeTable renewed(EndOfLifeTable table, const EndOfLifeTable& newer);

const EndOfLifeTable& bundled_end_of_life();

struct EndOfLife {
  std::string cycle;            // "3.11"
  std::chrono::sys_days last;
  std::chrono::sys_days as_of;
  std::chrono::days left;       // negative after the last day
  bool is_over = false;
  bool or_earlier = false;      // the version's own line is not in the table: `cycle` is the next that is, and over
};

// Nothing when the table does not know the product ("python", "django"), or neither the version's line nor that a later
// one is over.
std::optional<EndOfLife> end_of_life(const EndOfLifeTable& table, std::string_view product, const Version& version,
                                     std::chrono::sys_days today);

}  // namespace maintain::pydeps
