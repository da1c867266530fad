// Any text is parsed or refused; what is parsed keeps the promises of next and previous in any zone at any moment.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "plan/cron.hpp"

using namespace maintain;

// The first eight bytes choose the moment and the zone, the rest is the expression.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TimeZone zones[] = {*TimeZone::find("UTC"), *TimeZone::find("Europe/Berlin"),
                                   *TimeZone::find("Australia/Lord_Howe"), *TimeZone::find("Pacific/Apia")};
  std::int64_t seconds = 0;
  if (size < sizeof seconds) return 0;
  std::memcpy(&seconds, data, sizeof seconds);
  const TimeZone& zone = zones[data[0] % 4];
  const auto cron = CronExpression::parse({reinterpret_cast<const char*>(data) + sizeof seconds,
                                           size - sizeof seconds});
  if (!cron) {
    if (cron.error().message.empty() || cron.error().hint.empty()) std::abort();
    return 0;
  }
  cron->next(Time{Seconds{seconds}}, zone);  // near the ends of time: no more than not failing
  cron->previous(Time{Seconds{seconds}}, zone);
  const Time now{Seconds{seconds % 4'000'000'000}};
  const auto next = cron->next(now, zone);
  const auto previous = cron->previous(now, zone);
  if (!next || !previous || *next <= now || *previous > now) std::abort();
  if (cron->previous(*next, zone) != next || cron->previous(*previous, zone) != previous) std::abort();
  if (cron->next(*previous, zone) != next) std::abort();
  return 0;
}
