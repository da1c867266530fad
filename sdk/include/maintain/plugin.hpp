// maintain/plugin.hpp: the C++20 side of maintain/plugin.h. Header-only. A task is a class, a plugin one macro line:
//
//   class Hello final : public maintain::sdk::Task {
//     Outcome run(Context& context) override {
//       const auto uptime = context.exec({.argv = {"uptime", "-p"}, .read_only = true});
//       context.summary(uptime.output);
//       return Outcome::ok;
//     }
//   };
//   MAINTAIN_PLUGIN(hello, maintain::sdk::task<Hello>("hello.uptime"))
//
// The id and version come from the manifest, through maintain_add_plugin() of the CMake package; the first word of
// MAINTAIN_PLUGIN must be that id, and its task types those of the manifest. Whatever a task throws is caught at the
// boundary: Failure becomes its status, anything else INTERNAL. Bodies are in detail/; nothing there is meant to be used
// by name.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <maintain/plugin.h>

namespace maintain::sdk {

using Json = nlohmann::json;
using Milliseconds = std::chrono::milliseconds;
using Moment = std::chrono::sys_time<Milliseconds>;

enum class Outcome : std::uint32_t { ok = 0, changed = 1, skipped = 2, failed = 3 };
enum class State : std::uint32_t { ok = 0, warning = 1, critical = 2, unknown = 3 };
enum class Level : std::uint32_t { debug = 0, info = 1, warning = 2, error = 3 };
enum class JobPhase : std::uint32_t { none = 0, running = 1, finished = 2, lost = 3 };

// A host call failed, or a task gives up. status is one of the MAINTAIN_ constants of maintain_status.
class Failure : public std::runtime_error {
 public:
  Failure(maintain_status status, const std::string& message) : std::runtime_error(message), status_(status) {}
  maintain_status status() const { return status_; }

 private:
  maintain_status status_;
};

// Thrown by Task::validate: an option is wrong, and which. path is a JSON pointer ("/paths/0"), by which the host
// finds line and column in the project's file.
class InvalidOption : public Failure {
 public:
  InvalidOption(std::string path, const std::string& message)
      : Failure(MAINTAIN_INVALID_ARGUMENT, message), path_(std::move(path)) {}
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// What a local program may open, see maintain_local_1::run_confined: absolute paths, and what is beneath them.
struct Confinement {
  std::vector<std::string> readable = {};
  std::vector<std::string> writable = {};
};

// A command on the server (exec, start_job) or on the maintenance server (local). See maintain_command.
struct Command {
  std::vector<std::string> argv = {};
  std::string script = {};        // POSIX sh; argv are its positional parameters
  std::string input = {};         // not for jobs
  std::string become_user = {};   // empty: the connection's user
  std::map<std::string, std::string> environment = {};
  bool read_only = false;
  bool quiet = false;
  bool secret = false;
  bool bulk = false;              // exec only: much output, over a connection made for that
  bool cleanup = false;           // exec only: puts things back, for which there is time after a cancellation, too
  Milliseconds timeout{0};        // 0: the task's deadline
  Milliseconds idle_timeout{0};   // 0: none
  std::uint64_t output_limit = 0; // 0: 16 MiB
  std::function<void(std::string_view)> on_output = {};  // set: output goes here instead of Completed::output
  std::function<void(std::string_view)> on_error_output = {};  // likewise; not for jobs, which have one stream
  std::optional<Confinement> confined_to = {};  // local only: with nothing else. Failure(UNSUPPORTED) when impossible
};

struct Completed {
  int status = 0;
  int signal = 0;
  bool truncated = false;
  Milliseconds duration{0};
  std::string output;
  std::string error_output;
  bool ok() const { return status == 0 && signal == 0; }
};

struct Finding {
  State state = State::ok;
  std::string code;
  std::string subject = {};
  std::string title;
  std::string detail = {};
  std::string action = {};
  Milliseconds remind{0};  // how long until it is told again while it is open; 0: as maintain.yml says
};

// See the table in maintain_facts_1::get.
struct Facts {
  std::string os_id, os_version, os_codename, arch, kernel, boot_id, init, container, hostname, user;
  std::int64_t uptime_seconds = 0;
  std::int64_t time_ms = 0;
  bool has_own_kernel() const { return container.empty(); }
};

// The draft of a copy, see maintain_store_1::begin.
struct Draft {
  std::string path;       // the directory to fill
  std::string base;       // the same directory of the newest copy that is fit to share files with, or empty
  bool resumed = false;   // path holds what an interrupted run left
  bool seeded = false;    // path holds all of that copy already
};
struct StoredFile {
  std::uint64_t bytes = 0;
  std::string sha256;
};
struct CopyInfo {
  std::string id;
  Moment time{};
  std::string state;      // "verified", "unverified", "quarantined", "damaged"
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  std::uint64_t new_bytes = 0;
  std::string source;
  std::string engine;
  std::string reason = {};  // of a quarantine or a damage
};
struct CommittedCopy {
  std::string id;
  std::string path;
  std::string state;
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  std::uint64_t new_bytes = 0;
  std::string reason;                  // of a quarantine
  std::vector<std::string> problems;
  bool verified() const { return state == "verified"; }
  bool quarantined() const { return state == "quarantined"; }
};
struct OpenCopy {
  std::string id;
  Moment time{};
  std::string state;
  std::string path;       // what Draft::path was
  Json manifest;
};

// A question to an HTTP server, see maintain_http_request.
enum class HttpOrigin : std::uint32_t { network = 0, cache = 1, revalidated = 2, stale = 3 };
struct HttpRequest {
  std::string url;
  std::string accept = {};
  std::string method = "GET";
  std::string content_type = {};
  std::string body = {};
  Milliseconds max_age{0};
  Milliseconds max_stale{0};
  std::uint64_t limit = 0;   // 0: 32 MiB
  Milliseconds timeout{0};   // 0: 30 seconds
};
struct HttpAnswer {
  int status = 0;
  HttpOrigin origin = HttpOrigin::network;
  Milliseconds age{0};
  std::string body;
};

// Everything a task can ask of the host while it runs. Calls throw Failure. Only log, progress, is_cancelled and the
// clock may be used from a thread other than the one that called run().
class Context {
 public:
  Context(const maintain_host* host, const maintain_request* request);
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // What is asked.
  bool check_mode() const;                   // dry run
  std::string server() const;
  std::string project() const;
  std::string task() const;
  std::string timezone() const;
  const Json& options() const;               // valid against the schema, defaults filled in
  std::optional<Moment> scheduled() const;   // the scheduled moment that this run answers to; by hand: none
  std::optional<Moment> window_end() const;  // when the maintenance window closes
  Moment deadline() const;
  // An earlier run's job made this task due, whether or not its schedule did: when find_job() finds none, begin no new
  // work.
  bool reattaching() const;

  // maintain.exec/1. exec returns however the command ended; must() throws Failure(FAILED) unless status 0.
  Completed exec(const Command& command);
  Completed must(const Command& command);
  void reconnect(Milliseconds timeout);

  // maintain.job/1
  JobPhase find_job(std::string_view name);
  void start_job(std::string_view name, const Command& command);
  // Follows to the end; output from offset on goes to the task's output, and to on_output when given, else (its
  // first 16 MiB) to Completed::output.
  Completed follow_job(std::string_view name, Milliseconds timeout, Milliseconds idle_timeout = Milliseconds{0},
                       const std::function<void(std::string_view)>& on_output = {}, std::uint64_t offset = 0);
  void stop_job(std::string_view name, Milliseconds grace = std::chrono::seconds(10));
  void collect_job(std::string_view name);

  // maintain.files/1
  std::optional<maintain_file_info> stat(std::string_view path, std::string_view become_user = {});
  std::string read_file(std::string_view path, std::uint64_t limit = 0, std::string_view become_user = {});
  void put_file(std::string_view path, std::string_view content, std::uint32_t mode, std::string_view become_user = {});

  // maintain.local/1
  Completed local(const Command& command);
  std::string directory();
  std::vector<std::string> remote_shell(bool with_destination);

  // maintain.report/1
  void finding(const Finding& finding);
  void progress(std::uint64_t done, std::uint64_t total, std::string_view unit = {});
  void metric(std::string_view name, double value, std::string_view unit = {}, std::string_view subject = {});
  void summary(std::string_view line);
  void output(std::string_view text);

  // maintain.state/1
  Json state();
  void set_state(const Json& document);
  void checkpoint(const Json& document);

  // maintain.store/1. write_file and what is between create_file and close_file go into one file of the draft.
  std::vector<CopyInfo> copies();
  Draft begin_copy(const Json& request);
  void create_file(std::string_view name);
  void write_file(std::string_view bytes);
  StoredFile close_file();
  CommittedCopy commit_copy(const Json& facts);
  void abandon_copy(bool keep = false);
  Json prune_copies(const Json& policy, bool dry_run = false);
  OpenCopy open_copy(std::string_view which);
  Json verify_copy(std::string_view which, std::uint32_t part = 1, std::uint32_t parts = 1);

  // maintain.facts/1
  Facts facts();

  // maintain.http/1
  void http_prefetch(const std::vector<HttpRequest>& requests);
  HttpAnswer http_fetch(const HttpRequest& request);

  // maintain.lock/1. try_lock is false when all places are taken; `holders` then says by whom.
  bool try_lock(std::string_view name, std::uint32_t count, Milliseconds lease, Milliseconds wait,
                std::string* holders = nullptr);
  void unlock(std::string_view name);

  // maintain.clock/1
  Moment now();
  Milliseconds monotonic();
  void sleep(Milliseconds span);  // throws Failure(CANCELLED)

  // the host itself
  void log(Level level, std::string_view line);
  bool is_cancelled() const;

  // The raw host, for extensions this header does not wrap.
  const maintain_host* host() const;

 private:
  template <class Table>
  const Table& table(const Table*& slot, const char* id);

  const maintain_host* host_;
  const maintain_request* request_;
  Json options_;
  const maintain_exec_1* exec_ = nullptr;
  const maintain_job_1* job_ = nullptr;
  const maintain_files_1* files_ = nullptr;
  const maintain_local_1* local_ = nullptr;
  const maintain_report_1* report_ = nullptr;
  const maintain_state_1* state_ = nullptr;
  const maintain_store_1* store_ = nullptr;
  const maintain_facts_1* facts_ = nullptr;
  const maintain_http_1* http_ = nullptr;
  const maintain_lock_1* lock_ = nullptr;
  const maintain_clock_1* clock_ = nullptr;
};

// A task type's work. One object per run.
class Task {
 public:
  virtual ~Task() = default;
  // The first thing wrong with the options that the schema cannot say, or nothing; or throw InvalidOption, which
  // also says where. No talk with the server.
  virtual std::optional<std::string> validate(const Json& /*options*/) { return std::nullopt; }
  virtual Outcome run(Context& context) = 0;
};

// One task type of a plugin, as MAINTAIN_PLUGIN takes it: task<Upgrade>("apt.upgrade").
struct TaskEntry {
  std::string_view type;
  std::unique_ptr<Task> (*make)();
};
template <class T>
constexpr TaskEntry task(std::string_view type) {
  return {type, []() -> std::unique_ptr<Task> { return std::make_unique<T>(); }};
}

}  // namespace maintain::sdk

#include <maintain/detail/boundary.hpp>
#include <maintain/detail/call.hpp>
#include <maintain/detail/context.hpp>
#include <maintain/detail/context_http.hpp>
#include <maintain/detail/context_server.hpp>
#include <maintain/detail/context_store.hpp>

// Defines the plugin's one exported function. Once per plugin, at namespace scope.
#define MAINTAIN_PLUGIN(plugin_id, ...)                                                                        \
  static_assert(::std::string_view(#plugin_id) == ::std::string_view(MAINTAIN_PLUGIN_ID),                      \
                "MAINTAIN_PLUGIN names another plugin than manifest.json");                                    \
  extern "C" MAINTAIN_EXPORT const maintain_plugin* maintain_plugin_v1(void) {                                 \
    static constexpr ::maintain::sdk::TaskEntry entries[] = {__VA_ARGS__};                                     \
    static_assert(::maintain::sdk::detail::are_task_types(entries, MAINTAIN_PLUGIN_TASK_TYPES),                \
                  "the task types of MAINTAIN_PLUGIN are not those of manifest.json");                         \
    static constexpr maintain_plugin table = {                                                                 \
        sizeof(maintain_plugin),                                                                               \
        MAINTAIN_ABI_MAJOR,                                                                                    \
        MAINTAIN_PLUGIN_ABI_MINOR,                                                                             \
        {MAINTAIN_PLUGIN_ID, sizeof(MAINTAIN_PLUGIN_ID) - 1},                                                  \
        {MAINTAIN_PLUGIN_VERSION, sizeof(MAINTAIN_PLUGIN_VERSION) - 1},                                        \
        [](const maintain_host* host, maintain_text type, const maintain_task** task,                          \
           maintain_error* error) noexcept -> maintain_status {                                                \
          return ::maintain::sdk::detail::create_task(entries, host, type, task, error);                       \
        }};                                                                                                    \
    return &table;                                                                                             \
  }
