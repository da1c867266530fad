// maintain.lock/1: fleet-wide locks, kept by the supervisor.
#include "model/names.hpp"
#include "plugin/extension_tables.hpp"
#include "plugin/host.hpp"

namespace maintain {
namespace {

HostResult check_name(maintain_text name) {
  if (is_valid_name(to_view(name))) return {};
  return host_fail(MAINTAIN_INVALID_ARGUMENT, "a lock's name must be [a-z0-9][a-z0-9._-]*, at most 100 bytes");
}

HostResult acquire(Host& host, maintain_text name, std::uint32_t count, Milliseconds lease, Milliseconds wait) {
  if (auto good = check_name(name); !good) return good;
  if (count == 0 || count > 1'000'000 || lease.count() <= 0)
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "a lock needs at least one place and a lease");
  if (host.check_mode()) return host_fail(MAINTAIN_REFUSED, "dry run: no lock is taken");
  if (auto time = host.check_time("waiting for a lock"); !time) return time;
  const Milliseconds patience = wait.count() > 0 ? host.time_for(wait) : Milliseconds(0);
  return to_host_result(host.ask([&](TaskEvents& events) {
    return events.acquire_lock(to_string(name), static_cast<int>(count), lease, patience);
  }));
}

HostResult release(Host& host, maintain_text name) {
  if (auto good = check_name(name); !good) return good;
  if (host.check_mode()) return {};
  return to_host_result(host.ask([&](TaskEvents& events) { return events.release_lock(to_string(name)); }));
}

}  // namespace

const maintain_lock_1 lock_table = {
    sizeof(maintain_lock_1),
    [](const maintain_host* host, maintain_text name, uint32_t count, int64_t lease_ms, int64_t wait_ms,
       maintain_error* error) {
      return host_call(host, error, [&](Host& self) {
        return acquire(self, name, count, Milliseconds(lease_ms), Milliseconds(wait_ms));
      });
    },
    [](const maintain_host* host, maintain_text name, maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return release(self, name); });
    }};

}  // namespace maintain
