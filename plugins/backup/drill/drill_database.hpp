// The drill of dumps: restored into a scratch server, and asked.
#pragma once

#include <string>
#include <vector>

#include <maintain/plugin.hpp>

namespace maintain::plugins::backup {

struct Assertion {
  std::string text;
  bool holds = false;
  std::string gave;
};

// database: whom the assertions ask; empty: the only one that the copy holds. Throws DrillFailure.
std::vector<Assertion> drill_database(sdk::Context& context, const sdk::OpenCopy& copy,
                                      const std::vector<std::string>& assertions, const std::string& database);

}  // namespace maintain::plugins::backup
