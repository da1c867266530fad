// maintain.report/1: what is told. Titles and lines may quote a server, so all text is made fit to be shown here.
#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "plugin/extension_tables.hpp"
#include "plugin/host.hpp"

namespace maintain {
namespace {

constexpr std::size_t longest_line = 1000;
constexpr std::size_t longest_detail = 64 * 1024;
constexpr Seconds longest_remind = std::chrono::hours(24 * 366);

std::string line_of(maintain_text text) { return shorten(printable(trim(to_view(text))), longest_line); }
std::string lines_of(maintain_text text) { return shorten(printable(to_view(text), true), longest_detail); }

bool consists_of(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

HostResult finding(Host& host, const maintain_finding* raw) {
  if (raw == nullptr || !MAINTAIN_HAS(raw, remind_ms))
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "a finding has a wrong struct_size");
  Finding finding;
  finding.state = raw->state <= MAINTAIN_STATE_UNKNOWN ? static_cast<State>(raw->state) : State::unknown;
  finding.code = to_string(raw->code);
  finding.subject = line_of(raw->subject);
  finding.title = line_of(raw->title);
  finding.detail = lines_of(raw->detail);
  finding.action = lines_of(raw->action);
  const auto remind = std::chrono::floor<Seconds>(Milliseconds(raw->remind_ms));
  finding.remind = std::clamp(remind, Seconds(0), longest_remind);
  if (!consists_of(finding.code, "abcdefghijklmnopqrstuvwxyz0123456789._-") || finding.code.size() > 100)
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "a finding's code must be [a-z0-9._-]+, at most 100 bytes");
  if (finding.title.empty()) return host_fail(MAINTAIN_INVALID_ARGUMENT, "finding " + finding.code + " has no title");
  host.tell([&](TaskEvents& events) { events.finding(finding); });
  return {};
}

HostResult metric(Host& host, maintain_text name, maintain_text subject, double value, maintain_text unit) {
  const Metric metric{to_string(name), value, to_string(unit), line_of(subject)};
  if (!consists_of(metric.name, "abcdefghijklmnopqrstuvwxyz0123456789_") || metric.name.size() > 100 ||
      metric.name[0] < 'a' || metric.name[0] > 'z')
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "a metric's name must be [a-z][a-z0-9_]*, at most 100 bytes");
  if (!std::isfinite(value)) return host_fail(MAINTAIN_INVALID_ARGUMENT, "metric " + metric.name + " is not a number");
  if (!metric.unit.empty() && metric.unit != "seconds" && metric.unit != "bytes" && metric.unit != "ratio")
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "metric " + metric.name + ": the unit must be seconds, bytes or ratio");
  host.tell([&](TaskEvents& events) { events.metric(metric); });
  return {};
}

}  // namespace

const maintain_report_1 report_table = {
    sizeof(maintain_report_1),
    [](const maintain_host* host, const maintain_finding* raw, maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return finding(self, raw); });
    },
    [](const maintain_host* host, uint64_t done, uint64_t total, maintain_text unit) {
      host_tell(host, [&](Host& self) {
        self.tell([&](TaskEvents& events) { events.progress(done, total, line_of(unit)); });
      });
    },
    [](const maintain_host* host, maintain_text name, maintain_text subject, double value, maintain_text unit,
       maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return metric(self, name, subject, value, unit); });
    },
    [](const maintain_host* host, maintain_text line) {
      host_tell(host, [&](Host& self) { self.tell([&](TaskEvents& events) { events.summary(line_of(line)); }); });
    },
    [](const maintain_host* host, maintain_text text) {
      host_tell(host, [&](Host& self) {
        self.tell([&](TaskEvents& events) { events.output(printable(to_view(text), true)); });
      });
    }};

}  // namespace maintain
