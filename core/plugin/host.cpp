#include "plugin/host.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "plugin/extensions.hpp"
#include "plugin/host_store.hpp"

namespace maintain {
namespace {

const void* get_extension(const maintain_host* table, maintain_text id) noexcept {
  try {
    return Host::of(table).may_use(to_view(id)) ? extension_table(to_view(id)) : nullptr;
  } catch (...) {
    return nullptr;
  }
}

void log(const maintain_host* table, maintain_level level, maintain_text line) noexcept {
  host_tell(table, [&](Host& host) {
    const LogLevel known = level <= MAINTAIN_LEVEL_ERROR ? static_cast<LogLevel>(level) : LogLevel::info;
    const std::string text = shorten(printable(to_view(line)), 4096);
    host.tell([&](TaskEvents& events) { events.log(known, text); });
  });
}

uint32_t is_cancelled(const maintain_host* table) noexcept {
  try {
    const Host& host = Host::of(table);
    return host.running() && (host.cancelled() || host.call().deadline.passed()) ? 1 : 0;
  } catch (...) {
    return 1;
  }
}

}  // namespace

Host::Host(const Manifest& manifest) : manifest_(manifest) {
  table_.struct_size = sizeof table_;
  table_.abi_major = MAINTAIN_ABI_MAJOR;
  table_.abi_minor = MAINTAIN_ABI_MINOR;
  table_.version = to_text(MAINTAIN_VERSION);
  table_.context = this;
  table_.get_extension = &get_extension;
  table_.log = &log;
  table_.is_cancelled = &is_cancelled;
}

Host::~Host() = default;

void Host::begin_run(const TaskCall& call, ServerSession& session, TaskEvents& events) {
  call_ = &call;
  session_ = &session;
  events_ = &events;
  state = call.state.empty() ? "{}" : call.state;
  pending_jobs = call.pending_jobs;
  started_jobs.clear();
  cleanup_end_.reset();
}

void Host::end_run() {
  store.reset();  // an open draft waits for the next run; nobody reads any more
  call_ = nullptr;
}

Deadline Host::cleanup_end() const {
  const std::lock_guard lock(cleanup_mutex_);
  if (!cleanup_end_) cleanup_end_ = Deadline::after(cleanup_allowance_);
  return *cleanup_end_;
}

HostResult Host::check_time(std::string_view what, Aim aim) const {
  if (!over()) return {};
  if (!cleanup_end().passed() && aim == Aim::cleanup) return {};
  if (cancelled()) return host_fail(MAINTAIN_CANCELLED, std::string(what) + ": the run is being stopped");
  return host_fail(MAINTAIN_TIMEOUT, std::string(what) + ": the task has used up its time");
}

Milliseconds Host::time_for(Milliseconds wanted, Aim aim) const {
  Milliseconds left = call_->deadline.remaining();
  if (aim == Aim::cleanup) left = over() ? cleanup_end().remaining() : left + cleanup_allowance_;
  return wanted.count() > 0 ? std::min(wanted, left) : left;
}

bool Host::may_use(std::string_view extension) const {
  const auto listed = [&](const std::vector<std::string>& ids) {
    return std::find(ids.begin(), ids.end(), extension) != ids.end();
  };
  return listed(manifest_.needs) || listed(manifest_.wants);
}

void Host::remember(const HostFailure& failure) { last_failure_ = failure; }

Error Host::error_for(maintain_status status, const std::string& message) const {
  if (last_failure_ && last_failure_->status == status && last_failure_->error.describe() == message)
    return last_failure_->error;
  return to_error(status, shorten(printable(message), 2000));
}

HostResult write_to(const maintain_sink* sink, std::string_view bytes) {
  if (sink == nullptr || bytes.empty()) return {};
  const maintain_status status = sink->write(sink->context, bytes.data(), bytes.size());
  if (status == MAINTAIN_OK) return {};
  return host_fail(status, "the task refused what it was given");
}

void set_error(maintain_error* error, maintain_status status, std::string_view message) {
  if (error != nullptr && error->set != nullptr) error->set(error->context, status, to_text(message), {});
}

maintain_status report_failure(Host& host, maintain_error* error, const HostFailure& failure) noexcept {
  try {
    // Only for a caller who can hand the message back; the [any-thread] functions take no error.
    if (error != nullptr) host.remember(failure);
    set_error(error, failure.status, failure.error.describe());
    return failure.status == MAINTAIN_OK ? MAINTAIN_INTERNAL : failure.status;
  } catch (...) {
    return report_defect(error);
  }
}

maintain_status report_defect(maintain_error* error) noexcept {
  try {
    throw;
  } catch (const std::exception& defect) {
    set_error(error, MAINTAIN_INTERNAL, defect.what());
  } catch (...) {
    set_error(error, MAINTAIN_INTERNAL, "a defect of maintain");
  }
  return MAINTAIN_INTERNAL;
}

}  // namespace maintain
