// What of a run a person must be told: changes, reminders and recoveries, worst first. docs/reports.md has the rules.
//
// How the supervisor speaks of what is no task: a result with an empty `task` is about the server (or, with a
// project, about that project's configuration). One with outcome `ok` says that the server was reached and its
// configurations were read, and that every problem of the server and of its configurations is among the findings of
// results with an empty task: the other open ones of that kind have recovered. `unreachable` says that it did not
// answer; a refused key, a wrong host key and the like are `failed` with a finding of their own ("server.host_key").
// `skipped` says that a transient server is absent. Tasks whose last success is older than max_age are found here, the
// supervisor need not look for them.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/backup_status.hpp"
#include "model/run.hpp"
#include "model/server.hpp"
#include "model/status.hpp"

namespace maintain {

enum class Notice { alert, reminder, recovery };

struct DigestItem {
  Notice notice = Notice::alert;
  TaskKey key;
  Finding finding;             // a recovery carries the finding that is over
  Time since{};                // when it was first seen
  std::string contact = {};    // of the project
  std::string run_id = {};     // run whose saved output shows more; empty: none does
};

struct Digest {
  std::vector<DigestItem> items;               // worst first, recoveries last
  std::vector<OpenFinding> open_after;         // what the store is to remember, once `items` have gone out
  State worst = State::ok;                     // of all open findings, told or not
  bool person_needed = false;                  // some finding is open besides server.unreachable
  bool someone_unreachable = false;            // a server that is not transient does not answer
};

struct DigestRequest {
  Mode mode = Mode::apply;                     // check: all findings of `results` are items, open_after = open_before
  std::vector<TaskResult> results = {};        // StateStore::unreported_results(); in mode check the run's own
  std::vector<OpenFinding> open_before = {};   // StateStore::open_findings()
  std::vector<TaskStatus> statuses = {};       // StateStore::task_statuses(), read after the last commit
  std::vector<BackupStatus> second = {};       // the tasks with copies, where there is a second place
  std::vector<Server> servers = {};            // the whole inventory, also where only some servers were asked for
  Time now{};
  Seconds reminder = std::chrono::hours(24);   // how long until an open finding is told again
};

// Pure. A task that did not run keeps its open findings; one that succeeded replaces them; one that failed adds to
// them. Findings of tasks and servers that exist no longer, or are
// disabled, are dropped silently.
Digest make_digest(const DigestRequest& request);

}  // namespace maintain
