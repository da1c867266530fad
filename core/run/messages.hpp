// What supervisor, launcher and workers say to each other, as plain values; one frame (wire.hpp) each.
//
// Both sides open with Hello and end the talk when the versions differ. A message that is not exactly as described
// here is malformed, and its sender is treated as crashed.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "config/settings.hpp"
#include "model/finding.hpp"
#include "model/plan.hpp"
#include "model/run.hpp"
#include "model/server.hpp"
#include "plugin/catalog.hpp"
#include "plugin/host_services.hpp"
#include "run/purpose.hpp"
#include "store/state_store.hpp"

namespace maintain {

inline constexpr int protocol_version = 1;

// ---- both ways

struct Hello {
  static constexpr const char* type = "hello";
  int protocol = protocol_version;
};

// ---- supervisor -> launcher

// What is the same for all workers of a run: held by the launcher, inherited by every worker it forks.
struct Setup {
  static constexpr const char* type = "setup";
  Settings settings;                  // only what workers need of it
  std::vector<CatalogEntry> plugins;
  bool debug = false;
  bool several_servers = false;       // what all their workers need is worth doing before the first fork
};

// Comes with a descriptor: the worker's end of its socket.
struct StartWorker {
  static constexpr const char* type = "start_worker";
  std::uint64_t worker = 0;
};

// The launcher sends the signal, being the parent: it alone knows that the process id is still that worker's.
struct SignalWorker {
  static constexpr const char* type = "signal_worker";
  std::uint64_t worker = 0;
  int signal = 0;
};

// ---- launcher -> supervisor

struct WorkerEnded {
  static constexpr const char* type = "worker_ended";
  std::uint64_t worker = 0;
  int status = 0;                     // as from waitpid(2)
  std::string error = {};             // why it could not be started; then status means nothing
};

// ---- supervisor -> worker

// What one worker is to do, and all that it must know for it.
struct Assignment {
  static constexpr const char* type = "assignment";
  Server server;
  Purpose purpose = Purpose::run;
  Mode mode = Mode::apply;
  Time now{};
  std::set<std::string> only_tasks = {};
  std::set<std::string> now_tasks = {};
  bool refresh_configs = false;
  ServerMemory memory = {};
  std::vector<std::pair<TaskKey, TaskRecord>> records = {};
  std::vector<LegacyMark> legacy_marks = {};  // of this server, waiting for a task that claims them
  // Set when an earlier worker died: run these instead of planning, and count tasks from first_index.
  std::optional<std::vector<PlannedTask>> resume = {};
  std::uint64_t first_index = 0;
  bool by_hand = false;                       // resume is what a person asked for
  std::vector<std::string> writable = {};     // directories beside the server's own
};

struct Cancel {
  static constexpr const char* type = "cancel";
  std::optional<std::uint64_t> index = {};  // this task only, if it is still running; unset: everything
};

// The reply to an Ask.
struct Answer {
  static constexpr const char* type = "answer";
  std::uint64_t ask = 0;
  std::optional<Error> error = {};
};

// ---- worker -> supervisor

struct Unconfined {
  static constexpr const char* type = "unconfined";
  std::string reason;
};

struct Contacted {
  static constexpr const char* type = "contacted";
  std::string transport;
  std::uint64_t connect_ms = 0;
  std::optional<std::uint64_t> round_trip_ms = {};
  std::string facts = {};
};

struct NotContacted {
  static constexpr const char* type = "not_contacted";
  Error error;
};

struct ConfigsFetched {
  static constexpr const char* type = "configs_fetched";
  std::vector<CachedConfig> configs;
};

// What was observed of a project before any of its tasks ran.
struct ProjectNotes {
  std::string project;                // empty: the server, and the unnamed project
  std::string contact = {};
  std::vector<Finding> findings = {};
};

struct Planned {
  static constexpr const char* type = "planned";
  Plan plan;
  bool from_cache = false;
  std::vector<ProjectNotes> notes = {};
  std::vector<std::string> config_files = {};
  std::vector<Error> config_errors = {};
};

// index: which of the plan's due tasks, counted from 0.
struct TaskStarted {
  static constexpr const char* type = "task_started";
  std::uint64_t index = 0;
};

struct LogLine {
  static constexpr const char* type = "log";
  LogLevel level = LogLevel::info;
  std::string line;
};
struct FindingEmitted {
  static constexpr const char* type = "finding";
  Finding finding;
};
struct MetricEmitted {
  static constexpr const char* type = "metric";
  Metric metric;
};
struct ProgressEmitted {
  static constexpr const char* type = "progress";
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::string unit = {};
};
struct SummaryEmitted {
  static constexpr const char* type = "summary";
  std::string line;
};
struct OutputEmitted {
  static constexpr const char* type = "output";
  std::string bytes;
};

enum class AskKind { checkpoint, jobs_pending, acquire_lock, release_lock };

// Wants an Answer, which comes when what was asked for is on the disk.
struct Ask {
  static constexpr const char* type = "ask";
  std::uint64_t ask = 0;
  AskKind kind = AskKind::checkpoint;
  std::string text = {};              // document or lock
  std::set<std::string> jobs = {};    // all that are pending
  int places = 0;
  std::uint64_t lease_ms = 0;
  std::uint64_t wait_ms = 0;
};

struct TaskEnded {
  static constexpr const char* type = "task_ended";
  std::uint64_t index = 0;
  Outcome outcome = Outcome::failed;
  std::optional<Error> error = {};
  std::optional<std::string> new_state = {};
};

struct Done {
  static constexpr const char* type = "done";
};

using Message = std::variant<Hello, Setup, StartWorker, SignalWorker, WorkerEnded, Assignment, Cancel, Answer,
                             Unconfined, Contacted, NotContacted, ConfigsFetched, Planned, TaskStarted, LogLine,
                             FindingEmitted, MetricEmitted, ProgressEmitted, SummaryEmitted, OutputEmitted, Ask,
                             TaskEnded, Done>;

std::string encode_message(const Message& message);

// Pure; the text may be hostile. An error of kind internal says what is wrong with it.
Result<Message> decode_message(std::string_view json);

}  // namespace maintain
