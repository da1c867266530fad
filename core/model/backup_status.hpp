// What a task's copies amount to, as `status` shows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/plan.hpp"

namespace maintain {

// A copy was restored for test.
struct Drill {
  Time when{};
  bool passed = false;
  std::optional<Milliseconds> took = {};
};

// How far behind the second place is.
struct SecondStatus {
  Seconds max_age{};
  std::optional<Time> in_step = {};        // when it was last seen to have the newest copy
  std::optional<Time> waiting_since = {};  // never yet: when the oldest of the copies here was finished
};

struct BackupStatus {
  enum class Task {
    active,
    switched_off,  // disabled, or not allowed by its project: it owes nothing
    unknown,       // no project declares it any more, or nothing has run yet
  };
  struct Copy {
    std::string id;
    Time started{};
    std::uint64_t bytes = 0;
    std::uint64_t files = 0;
  };

  TaskKey key;
  Task task = Task::unknown;
  std::optional<Seconds> max_age = {};
  std::optional<Time> first_seen = {};        // of the task: what it promised counts from here until there is a copy
  std::optional<Copy> newest = {};            // of the verified ones
  std::vector<std::uint64_t> sizes = {};      // bytes of the last verified ones, oldest first
  std::vector<std::string> quarantined = {};  // ids of those that wait for a person, newest first
  std::vector<std::string> damaged = {};      // ids of those that are not as they were written, newest first
  bool drillable = true;                      // false: only the project knows how to restore its copies
  std::optional<Drill> last_drill = {};
  std::optional<Time> last_passed_drill = {};
  std::optional<SecondStatus> second = {};    // where there is a second place
};

inline constexpr std::size_t shown_sizes = 8;

}  // namespace maintain
