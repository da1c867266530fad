// Bodies of Context that do not talk with the server: the request, report, state, lock, clock, the host itself.
#pragma once

#include <maintain/detail/boundary.hpp>
#include <maintain/detail/call.hpp>
#include <maintain/plugin.hpp>

namespace maintain::sdk {

// The two extensions with [any-thread] functions are fetched here, on the task's thread; the others when first used.
inline Context::Context(const maintain_host* host, const maintain_request* request)
    : host_(host),
      request_(request),
      options_(detail::parse_options(request->options)),
      report_(static_cast<const maintain_report_1*>(
          host->get_extension(host, detail::to_text(MAINTAIN_REPORT_1)))),
      clock_(static_cast<const maintain_clock_1*>(host->get_extension(host, detail::to_text(MAINTAIN_CLOCK_1)))) {}

namespace detail {

// A server's bytes may have come into the document: they are not worth an exception.
inline std::string dump(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace detail

template <class Table>
const Table& Context::table(const Table*& slot, const char* id) {
  if (slot == nullptr) slot = static_cast<const Table*>(host_->get_extension(host_, detail::to_text(id)));
  if (slot == nullptr)
    throw Failure(MAINTAIN_UNSUPPORTED, std::string("no extension ") + id +
                                            ": the manifest lists it under neither needs nor wants, or this maintain "
                                            "does not have it");
  return *slot;
}

inline bool Context::check_mode() const { return request_->mode != MAINTAIN_MODE_APPLY; }
inline std::string Context::server() const { return detail::to_string(request_->server); }
inline std::string Context::project() const { return detail::to_string(request_->project); }
inline std::string Context::task() const { return detail::to_string(request_->task); }
inline std::string Context::timezone() const { return detail::to_string(request_->timezone); }
inline const Json& Context::options() const { return options_; }
inline std::optional<Moment> Context::scheduled() const {
  if (request_->scheduled_ms == 0) return std::nullopt;
  return Moment(Milliseconds(request_->scheduled_ms));
}
inline std::optional<Moment> Context::window_end() const {
  if (request_->window_end_ms == 0) return std::nullopt;
  return Moment(Milliseconds(request_->window_end_ms));
}
inline bool Context::reattaching() const { return MAINTAIN_HAS(request_, reattach) && request_->reattach != 0; }
inline Moment Context::deadline() const { return Moment(Milliseconds(request_->deadline_ms)); }

inline void Context::finding(const Finding& finding) {
  const maintain_finding raw{sizeof(maintain_finding),
                             static_cast<maintain_state>(finding.state),
                             detail::to_text(finding.code),
                             detail::to_text(finding.subject),
                             detail::to_text(finding.title),
                             detail::to_text(finding.detail),
                             detail::to_text(finding.action),
                             finding.remind.count()};
  detail::ErrorSlot error;
  error.check(table(report_, MAINTAIN_REPORT_1).finding(host_, &raw, error.raw()), "finding");
}
inline void Context::progress(std::uint64_t done, std::uint64_t total, std::string_view unit) {
  table(report_, MAINTAIN_REPORT_1).progress(host_, done, total, detail::to_text(unit));
}
inline void Context::metric(std::string_view name, double value, std::string_view unit, std::string_view subject) {
  detail::ErrorSlot error;
  error.check(table(report_, MAINTAIN_REPORT_1)
                  .metric(host_, detail::to_text(name), detail::to_text(subject), value, detail::to_text(unit),
                          error.raw()),
              "metric");
}
inline void Context::summary(std::string_view line) {
  table(report_, MAINTAIN_REPORT_1).summary(host_, detail::to_text(line));
}
inline void Context::output(std::string_view text) {
  table(report_, MAINTAIN_REPORT_1).output(host_, detail::to_text(text));
}

inline Json Context::state() {
  std::string text;
  const detail::Sink sink(text);
  detail::ErrorSlot error;
  const auto status = table(state_, MAINTAIN_STATE_1).get(host_, sink.raw(), error.raw());
  sink.rethrow();
  error.check(status, "reading the task's state");
  Json document = Json::parse(text, nullptr, false);
  return document.is_object() ? document : Json::object();
}
inline void Context::set_state(const Json& document) {
  const std::string text = detail::dump(document);
  detail::ErrorSlot error;
  error.check(table(state_, MAINTAIN_STATE_1).set(host_, detail::to_text(text), error.raw()), "set_state");
}
inline void Context::checkpoint(const Json& document) {
  const std::string text = detail::dump(document);
  detail::ErrorSlot error;
  error.check(table(state_, MAINTAIN_STATE_1).checkpoint(host_, detail::to_text(text), error.raw()), "checkpoint");
}

inline bool Context::try_lock(std::string_view name, std::uint32_t count, Milliseconds lease, Milliseconds wait,
                              std::string* holders) {
  detail::ErrorSlot error;
  const auto status = table(lock_, MAINTAIN_LOCK_1)
                          .acquire(host_, detail::to_text(name), count, lease.count(), wait.count(), error.raw());
  if (status == MAINTAIN_BUSY) {
    if (holders != nullptr) *holders = error.message();
    return false;
  }
  error.check(status, "lock");
  return true;
}
inline void Context::unlock(std::string_view name) {
  detail::ErrorSlot error;
  error.check(table(lock_, MAINTAIN_LOCK_1).release(host_, detail::to_text(name), error.raw()), "unlock");
}

inline Moment Context::now() { return Moment(Milliseconds(table(clock_, MAINTAIN_CLOCK_1).now_ms(host_))); }
inline Milliseconds Context::monotonic() {
  return Milliseconds(table(clock_, MAINTAIN_CLOCK_1).monotonic_ms(host_));
}
inline void Context::sleep(Milliseconds span) {
  const detail::ErrorSlot error;
  error.check(table(clock_, MAINTAIN_CLOCK_1).sleep_ms(host_, span.count()), "sleep");
}

inline void Context::log(Level level, std::string_view line) {
  host_->log(host_, static_cast<maintain_level>(level), detail::to_text(line));
}
inline bool Context::is_cancelled() const { return host_->is_cancelled(host_) != 0; }
inline const maintain_host* Context::host() const { return host_; }

}  // namespace maintain::sdk
