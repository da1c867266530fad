#include "run/worker_events.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "run/limits.hpp"

namespace maintain {
namespace {

constexpr Milliseconds answer_patience = std::chrono::seconds(60);
constexpr std::size_t output_piece = 256 * 1024;

}  // namespace

void WorkerEvents::log(LogLevel level, const std::string& line) {
  if (level == LogLevel::debug && !debug_) return;
  (void)link_.send(LogLine{level, shorten(line, line_limit)});
}

void WorkerEvents::finding(const Finding& finding) { (void)link_.send(FindingEmitted{bounded(finding)}); }

void WorkerEvents::progress(std::uint64_t done, std::uint64_t total, const std::string& unit) {
  (void)link_.send(ProgressEmitted{done, total, shorten(unit, name_limit)});
}

void WorkerEvents::metric(const Metric& metric) { (void)link_.send(MetricEmitted{metric}); }

void WorkerEvents::summary(const std::string& line) { (void)link_.send(SummaryEmitted{shorten(line, line_limit)}); }

void WorkerEvents::output(const std::string& text) {
  for (std::size_t at = 0; at < text.size(); at += output_piece)
    (void)link_.send(OutputEmitted{text.substr(at, output_piece)});
}

Result<void> WorkerEvents::checkpoint(const std::string& json) {
  Ask ask;
  ask.kind = AskKind::checkpoint;
  ask.text = json;
  return link_.ask(std::move(ask), answer_patience);
}

Result<void> WorkerEvents::jobs_pending(const std::set<std::string>& names) {
  Ask ask;
  ask.kind = AskKind::jobs_pending;
  ask.jobs = names;
  return link_.ask(std::move(ask), answer_patience);
}

Result<void> WorkerEvents::acquire_lock(const std::string& name, int places, Milliseconds lease, Milliseconds wait) {
  Ask ask;
  ask.kind = AskKind::acquire_lock;
  ask.text = name;
  ask.places = places;
  ask.lease_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(lease.count(), 0));
  ask.wait_ms = static_cast<std::uint64_t>(std::clamp<std::int64_t>(wait.count(), 0, longest_lock_wait.count()));
  const Milliseconds patience = Milliseconds(ask.wait_ms) + answer_patience;
  return link_.ask(std::move(ask), patience);
}

Result<void> WorkerEvents::release_lock(const std::string& name) {
  Ask ask;
  ask.kind = AskKind::release_lock;
  ask.text = name;
  return link_.ask(std::move(ask), answer_patience);
}

}  // namespace maintain
