// What a task observed.
#pragma once

#include <string>

#include "base/clock.hpp"

namespace maintain {

// Numbers as in Nagios plugins (0 to 3), so that `check` can return them.
enum class State { ok = 0, warning = 1, critical = 2, unknown = 3 };

// Rank for "worst first": critical > warning > unknown > ok.
int severity_rank(State state);
State worst(State a, State b);

// One observation. A finding is the same as an earlier one when server, project, task, code and subject agree;
// that identity is what alert, reminder and recovery go by.
struct Finding {
  State state = State::ok;
  std::string code;     // stable, for machines: "apt.held"; [a-z0-9._-]+
  std::string subject;  // what it is about where one task finds several of a kind (a package, a unit); may be empty
  std::string title;    // one line: what happened
  std::string detail;   // more lines; may be empty
  std::string action;   // what a person should do; may be empty
  Seconds remind{0};    // how long until it is told again while it is open; 0: as the settings say
};

// A number worth keeping, in the units of Prometheus: seconds, bytes, ratio, or none.
struct Metric {
  std::string name;
  double value = 0;
  std::string unit;
  std::string subject = {};  // what it is about where one task measures several of a kind (a certificate)
};

}  // namespace maintain
