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
// The id and version come from the manifest, through maintain_add_plugin() of the CMake package.
// Whatever a task throws is caught at the boundary: Failure becomes its status, anything else INTERNAL.
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

// A command on the server (exec, start_job) or on the maintenance server (local). See maintain_command.
struct Command {
  std::vector<std::string> argv = {};
  std::string script = {};        // POSIX sh; argv are its positional parameters
  std::string input = {};
  std::string become_user = {};
  std::map<std::string, std::string> environment = {};
  bool read_only = false;
  bool quiet = false;
  bool secret = false;
  Milliseconds timeout{0};        // 0: the task's deadline
  Milliseconds idle_timeout{0};   // 0: none
  std::uint64_t output_limit = 0; // 0: 16 MiB
  std::function<void(std::string_view)> on_output = {};  // set: output goes here instead of Completed::output
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
};

// See the table in maintain_facts_1::get.
struct Facts {
  std::string os_id, os_version, os_codename, arch, kernel, boot_id, init, container, hostname, user;
  std::int64_t uptime_seconds = 0;
  std::int64_t time_ms = 0;
  bool has_own_kernel() const { return container.empty(); }
};

// Everything a task can ask of the host while it runs. Calls throw Failure.
class Context {
 public:
  Context(const maintain_host* host, const maintain_request* request);

  // What is asked.
  bool check_mode() const;                   // dry run
  std::string server() const;
  std::string project() const;
  std::string task() const;
  std::string timezone() const;
  const Json& options() const;               // valid against the schema, defaults filled in
  std::optional<Moment> window_end() const;  // when the maintenance window closes
  Moment deadline() const;

  // maintain.exec/1. exec returns however the command ended; must() throws Failure(FAILED) unless status 0.
  Completed exec(const Command& command);
  Completed must(const Command& command);
  void reconnect(Milliseconds timeout);

  // maintain.job/1
  JobPhase find_job(std::string_view name);
  void start_job(std::string_view name, const Command& command);
  // Follows to the end; output from offset on goes to the task's output and, when given, to on_output.
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
  void metric(std::string_view name, double value, std::string_view unit = {});
  void summary(std::string_view line);
  void output(std::string_view text);

  // maintain.state/1
  Json state();
  void set_state(const Json& document);
  void checkpoint(const Json& document);

  // maintain.facts/1
  Facts facts();

  // maintain.lock/1. try_lock is false when all places are taken; `holders` then says by whom.
  bool try_lock(std::string_view name, std::uint32_t count, Milliseconds lease, Milliseconds wait, std::string* holders = nullptr);
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
};

// A task type's work. One object per run.
class Task {
 public:
  virtual ~Task() = default;
  // The first thing wrong with the options that the schema cannot say, or nothing. No talk with the server.
  virtual std::optional<std::string> validate(const Json& /*options*/) { return std::nullopt; }
  virtual Outcome run(Context& context) = 0;
};

}  // namespace maintain::sdk
