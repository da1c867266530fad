// What of a run a person must be told: changes, reminders and recoveries, worst first.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/run.hpp"
#include "model/status.hpp"

namespace maintain {

enum class Notice { alert, reminder, recovery };

struct DigestItem {
  Notice notice = Notice::alert;
  TaskKey key;
  Finding finding;
  Time since{};
  std::string contact = {};
};

struct Digest {
  std::vector<DigestItem> items;               // worst first, recoveries last
  std::vector<OpenFinding> open_after;         // what the store is to remember
  State worst = State::ok;                     // of all open findings, told or not
  bool someone_unreachable = false;            // a server that is not transient
};

// Pure. A task that did not run keeps its open findings; one that ran to an end replaces them. A failed task without
// a finding of its own gets one ("task.failed" ...). `reminder`: how long until an open finding is told again.
Digest make_digest(const Run& run, const std::vector<OpenFinding>& open_before, Time now, Seconds reminder);

}  // namespace maintain
