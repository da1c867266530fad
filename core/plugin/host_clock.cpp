// maintain.clock/1: time. All of it [any-thread].
#include <thread>

#include "plugin/extension_tables.hpp"
#include "plugin/host.hpp"

namespace maintain {
namespace {

constexpr Milliseconds cancel_check{100};

HostResult sleep(Host& host, Milliseconds span) {
  const Deadline end = Deadline::after(span);
  do {
    if (auto time = host.check_time("waiting"); !time) return time;
    std::this_thread::sleep_for(std::min({cancel_check, end.remaining(), host.call().deadline.remaining()}));
  } while (!end.passed());
  return {};
}

template <class Ask>
std::int64_t ask(const maintain_host* table, const Ask& ask) noexcept {
  std::int64_t answer = 0;
  host_call(table, nullptr, [&](Host& host) {
    answer = ask(host);
    return HostResult{};
  });
  return answer;
}

}  // namespace

const maintain_clock_1 clock_table = {
    sizeof(maintain_clock_1),
    [](const maintain_host* host) {
      return ask(host, [](const Host& self) -> std::int64_t {
        const Time now = self.call().clock != nullptr ? self.call().clock->now() : SystemClock().now();
        return Milliseconds(now.time_since_epoch()).count();
      });
    },
    [](const maintain_host* host) {
      return ask(host, [](const Host&) -> std::int64_t {
        return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
      });
    },
    [](const maintain_host* host, int64_t span) {
      return host_call(host, nullptr, [&](Host& self) { return sleep(self, Milliseconds(span)); });
    }};

}  // namespace maintain
