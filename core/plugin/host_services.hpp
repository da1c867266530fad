// What a running task may ask of its surroundings: the host side of the extensions, in plain C++.
// The worker implements this over its connection and its supervisor; loader.* turns it into the C tables.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backup/retention.hpp"
#include "backup/snapshots.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/process.hpp"
#include "http/http_helper.hpp"
#include "model/finding.hpp"
#include "model/plan.hpp"
#include "model/run.hpp"
#include "model/task_spec.hpp"
#include "transport/transport.hpp"

namespace maintain {

inline constexpr std::size_t most_pending_jobs = 8;  // of one task

enum class LogLevel { debug, info, warning, error };

// Where a task's words go. Every call leaves the process before it returns. What is told comes one at a time, from any
// thread; what waits for an answer comes from the task's thread, while other threads may tell.
class TaskEvents {
 public:
  virtual ~TaskEvents() = default;
  virtual void log(LogLevel level, const std::string& line) = 0;
  virtual void finding(const Finding& finding) = 0;
  virtual void progress(std::uint64_t done, std::uint64_t total, const std::string& unit) = 0;
  virtual void metric(const Metric& metric) = 0;
  virtual void summary(const std::string& line) = 0;
  virtual void output(const std::string& text) = 0;
  virtual Result<void> checkpoint(const std::string& json) = 0;          // on the disk when it returns
  // all of them; on the disk when it returns
  virtual Result<void> jobs_pending(const std::set<std::string>& names) = 0;
  virtual Result<void> acquire_lock(const std::string& name, int places, Milliseconds lease, Milliseconds wait) = 0;
  virtual Result<void> release_lock(const std::string& name) = 0;
};

// The server, as a task reaches it: reconnects after a lost connection.
class ServerSession {
 public:
  virtual ~ServerSession() = default;
  // Nothing to do when a connection is open. Lets a caller tell "never connected" from "lost while it ran".
  virtual Result<void> connect() { return {}; }
  virtual Result<RemoteExit> run(const RemoteCommand& command) = 0;
  virtual Result<void> reconnect(Milliseconds timeout) = 0;
  // Asked instead of whether the run is cancelled, until it is empty again: by the calls above.
  virtual void set_cancelled(std::function<bool()> /*instead*/) {}
  virtual Result<std::string> facts() = 0;                                // JSON text, see plugin.h
  virtual Result<std::vector<std::string>> remote_shell(bool with_destination) = 0;
};

// Where the copies are that a task makes or reads.
struct CopiesPlace {
  std::filesystem::path backups;           // of all servers
  TaskKey key;                             // whose copies: the task's own, or those of the task it belongs to
  std::uint64_t min_free = 0;              // bytes that stay free on the disk
  Snapshots snapshots = Snapshots::automatic;
  ZfsCall zfs = {};                        // who calls zfs; empty: this process
  std::string keep = {};                   // JSON policy, for a task that has none of its own
  // The wall clock of a time zone. Errors: configuration (unknown).
  std::function<Result<WallClock>(const std::string& zone)> wall_clock;
};

struct TaskCall {
  TaskKey key;
  std::string type;
  std::string options = "{}";
  OptionPlaces option_places = {};
  std::string timezone = "UTC";
  std::string state = "{}";
  std::set<std::string> pending_jobs = {}; // names: started by earlier runs and not collected
  std::string directory;                   // the task's own, on the maintenance server
  std::string confine_program = {};        // maintain-confine; empty: it is not here
  std::shared_ptr<HttpAsker> http = {};    // nothing: no HTTP server can be asked
  std::string no_http = {};                // why, where one was to be
  std::vector<std::string> http_allowed = {};  // beginnings of URLs, besides those of the manifest
  std::optional<CopiesPlace> copies = {};  // nothing: there is no store for this task
  Mode mode = Mode::apply;
  std::optional<Time> scheduled = {};
  std::optional<Time> window_end = {};
  Time deadline_time{};
  Deadline deadline = Deadline::after(std::chrono::minutes(30));
  std::function<bool()> cancelled = {};
  const Clock* clock = nullptr;
};

struct TaskEnd {
  Outcome outcome = Outcome::failed;
  std::optional<Error> error = {};         // when the task could not do its work
  std::optional<std::string> new_state = {};
};

}  // namespace maintain
