// What the servers of one run have in common, on the supervisor's side.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "run/lease_desk.hpp"
#include "run/supervisor.hpp"
#include "store/state_store.hpp"

namespace maintain {

struct RunState {
  const RunRequest& request;
  StateStore& store;
  const Clock& clock;
  RunObserver& observer;
  LeaseDesk leases;
  RunResult result = {};
  std::set<std::string> with_open_findings = {};  // servers about which a person was told something
  std::optional<Error> failure = {};              // of the store: the run cannot go on
  bool interrupted = false;
  bool told_unconfined = false;

  // The run and its results go to the history; of a dry run nothing else does.
  bool keeps_history() const { return request.purpose == Purpose::run; }
  bool writes() const { return keeps_history() && request.mode == Mode::apply; }
  // Remembers the first failure.
  void require(const Result<void>& written) {
    if (!written && !failure) failure = written.error();
  }
  // A result becomes part of the run and, where it is worth keeping, of the store.
  void record(const TaskCommit& commit) {
    result.run.results.push_back(commit.result);
    if (keeps_history()) require(store.commit_task(commit));
  }
};

}  // namespace maintain
