// The host side of the C boundary: the maintain_host of one created task, and host_call(), the catch-all through
// which every function of every extension goes. The extensions are in host_exec.cpp, host_job.cpp and so on.
#pragma once

#include <maintain/plugin.h>

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "plugin/host_services.hpp"
#include "plugin/manifest.hpp"
#include "plugin/status.hpp"

namespace maintain {

class HostStore;

// Why a host function did not do it. Made from an Error, whose kind gives the status, or with a status of its own.
struct HostFailure {
  maintain_status status = MAINTAIN_INTERNAL;
  Error error;
};
using HostResult = tl::expected<void, HostFailure>;

inline tl::unexpected<HostFailure> host_fail(Error error) {
  const maintain_status status = to_status(error.kind);
  return tl::make_unexpected(HostFailure{status, std::move(error)});
}
inline tl::unexpected<HostFailure> host_fail(maintain_status status, std::string message) {
  return tl::make_unexpected(HostFailure{status, to_error(status, message)});
}
inline HostResult to_host_result(const Result<void>& result) {
  return result ? HostResult{} : HostResult(host_fail(result.error()));
}

// What a call is made for: the task's work, or to put back what the work had changed.
enum class Aim { work, cleanup };

// One task as the plugin's calls find it. Without call, session and events while it is created and validated.
class Host {
 public:
  explicit Host(const Manifest& manifest);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  void begin_run(const TaskCall& call, ServerSession& session, TaskEvents& events);
  void end_run();

  const maintain_host* table() const { return &table_; }
  static Host& of(const maintain_host* host) { return *static_cast<Host*>(host->context); }

  // Only while running.
  bool running() const { return call_ != nullptr; }
  const TaskCall& call() const { return *call_; }
  ServerSession& session() const { return *session_; }
  bool check_mode() const { return call_->mode == Mode::check; }
  bool cancelled() const { return call_->cancelled && call_->cancelled(); }
  // CANCELLED or TIMEOUT when the task has no time left for `what`. What puts things back has a short while more,
  // counted from the first of these questions that finds the task cancelled or out of time.
  HostResult check_time(std::string_view what, Aim aim = Aim::work) const;
  // The time a blocking call may take: what it asks for (0: as much as there is), cut where the task's time ends.
  Milliseconds time_for(Milliseconds wanted, Aim aim = Aim::work) const;
  void set_cleanup_allowance(Milliseconds allowance) { cleanup_allowance_ = allowance; }

  // Tells the events one at a time: [any-thread] functions call too. What waits for an answer goes by ask(), and keeps
  // nobody from telling: a lock may take a day to come.
  template <class Tell>
  auto tell(const Tell& tell) {
    const std::lock_guard lock(events_mutex_);
    return tell(*events_);
  }

  template <class Ask>
  auto ask(const Ask& ask) {
    return ask(*events_);
  }

  bool may_use(std::string_view extension) const;
  const Manifest& manifest() const { return manifest_; }
  void remember(const HostFailure& failure);
  // The Error that a plugin's status and message came from, when they were a host call's.
  Error error_for(maintain_status status, const std::string& message) const;

  std::string state = "{}";                     // maintain.state/1: as last set
  std::optional<std::string> new_state = {};    // set by this run
  std::set<std::string> pending_jobs = {};      // maintain.job/1: the supervisor's note, as it is now
  std::set<std::string> started_jobs = {};      // by this run
  std::unique_ptr<HostStore> store;             // maintain.store/1: once it is used

 private:
  bool over() const { return cancelled() || call_->deadline.passed(); }
  Deadline cleanup_end() const;  // of a task that is over

  const Manifest& manifest_;
  const TaskCall* call_ = nullptr;
  ServerSession* session_ = nullptr;
  TaskEvents* events_ = nullptr;
  std::mutex events_mutex_;
  std::optional<HostFailure> last_failure_ = {};
  Milliseconds cleanup_allowance_ = std::chrono::seconds(10);  // well within the supervisor's patience
  mutable std::mutex cleanup_mutex_;
  mutable std::optional<Deadline> cleanup_end_ = {};  // since the task was first seen to be over
  maintain_host table_{};
};

// ---- text and bytes

inline maintain_text to_text(std::string_view view) { return {view.data(), view.size()}; }
inline std::string_view to_view(maintain_text text) {
  return text.size == 0 || text.data == nullptr ? std::string_view{}
                                                : std::string_view(text.data, static_cast<std::size_t>(text.size));
}
inline std::string to_string(maintain_text text) { return std::string(to_view(text)); }
HostResult write_to(const maintain_sink* sink, std::string_view bytes);
void set_error(maintain_error* error, maintain_status status, std::string_view message);

// ---- the catch-all

// Tells the failure to the plugin. Does not throw.
maintain_status report_failure(Host& host, maintain_error* error, const HostFailure& failure) noexcept;
maintain_status report_defect(maintain_error* error) noexcept;  // in a catch block

// Runs body(Host&) -> HostResult; refuses it outside run().
template <class Body>
maintain_status host_call(const maintain_host* table, maintain_error* error, const Body& body) noexcept {
  try {
    Host& host = Host::of(table);
    const HostResult result = host.running()
                                  ? body(host)
                                  : HostResult(host_fail(MAINTAIN_INVALID_STATE, "extensions work only during run()"));
    return result ? MAINTAIN_OK : report_failure(host, error, result.error());
  } catch (...) {
    return report_defect(error);
  }
}

// The same for functions that return nothing.
template <class Body>
void host_tell(const maintain_host* table, const Body& body) noexcept {
  host_call(table, nullptr, [&](Host& host) {
    body(host);
    return HostResult{};
  });
}

}  // namespace maintain
