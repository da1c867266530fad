// A task as a project declares it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "model/finding.hpp"
#include "model/task_type.hpp"

namespace maintain {

// Backoff after failures: first, doubling, up to longest.
struct Retry {
  Seconds first = std::chrono::minutes(15);
  Seconds longest = std::chrono::hours(6);

  bool operator==(const Retry&) const = default;
};

// Where a task's own options are written: JSON pointer ("/endpoints/0") -> place.
using OptionPlaces = std::map<std::string, Position>;

// Of the option, or of the nearest thing around it that is written; nothing when none is.
std::optional<Position> place_of_option(const OptionPlaces& places, std::string pointer);

struct TaskSpec {
  std::string name;                    // unique in its project, [a-z0-9][a-z0-9._-]*
  std::string use;                     // task type
  std::string when = {};               // cron expression; empty: only by --now
  std::string timezone = "UTC";        // IANA name
  std::optional<Seconds> window = {};  // set: runs only while now - scheduled <= window
  std::optional<Seconds> max_age = {}; // a success older than this is a finding of its own
  std::optional<Seconds> timeout = {}; // unset: the task type's default
  Retry retry = {};
  std::vector<std::string> after = {}; // tasks of the same project that go before, when due in the same run
  bool enabled = true;
  std::optional<State> severity = {};  // the worst state its findings may have
  Order order = Order::middle;
  Scope scope = Scope::project;
  // of the task type: the moment must lie in the window of every project that has one
  bool common_window = false;
  std::string permission = {};         // of the task type: the word the project's `allow` list must hold
  std::string options = "{}";          // the plugin's own keys, as canonical JSON text, schema defaults filled in
  std::string companion_of = {};       // the task that this one belongs to and whose copies it sees; may be empty
  std::string legacy_status_key = {};  // key in maintenance-status.json, when it came from a legacy file
  std::string legacy_nickname = {};
  Position where = {};
  OptionPlaces option_places = {};     // known to whoever parsed the file; does not travel

  bool operator==(const TaskSpec&) const = default;
};

}  // namespace maintain
