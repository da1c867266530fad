// Where a person reads on: the same command in mails, tables and JSON.
#pragma once

#include <string>

#include "base/text.hpp"
#include "model/plan.hpp"

namespace maintain {

// Of what no run observed (a stale task) there is no output, only a past.
inline std::string command_for_more(const std::string& run_id, const TaskKey& key) {
  const std::string name = printable(to_string(key));
  return run_id.empty() ? "maintain history " + name : "maintain show " + run_id + " " + name;
}

}  // namespace maintain
