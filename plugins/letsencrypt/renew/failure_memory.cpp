#include "letsencrypt/renew/failure_memory.hpp"

#include <algorithm>

#include "common/sections.hpp"
#include "letsencrypt/renew/json_parts.hpp"

namespace maintain::letsencrypt {
namespace {

using namespace std::chrono_literals;
using sdk::Json;

constexpr Milliseconds shortest_pause = 1h;
constexpr Milliseconds longest_pause = 24h;
constexpr Milliseconds schedule_jitter = 10min;
// The longest limits of Let's Encrypt refill within seven days (letsencrypt.org/docs/rate-limits).
constexpr Milliseconds longest_limit = 24h * 8;
constexpr int most_failures = 100'000;

}  // namespace

Milliseconds renewal_pause(int failures) {
  Milliseconds pause = shortest_pause;
  for (int i = 1; i < failures && pause < longest_pause; ++i) pause *= 2;
  return std::min(pause, longest_pause);
}

std::optional<Moment> next_renewal(const FailureMemory& memory, bool others_wait) {
  if (memory.failures == 0) return std::nullopt;
  const Moment paused = memory.last + renewal_pause(memory.failures);
  if (!memory.limited_until || others_wait) return paused;
  return std::max(paused, *memory.limited_until);
}

std::optional<Moment> renewal_waits_until(const FailureMemory& memory, Moment now, bool by_hand,
                                          const std::string& attempt, bool others_wait) {
  const auto next = next_renewal(memory, others_wait);
  if (!next || by_hand || attempt != memory.attempt || memory.last > now) return std::nullopt;
  const bool limited = !others_wait && memory.limited_until && now < *memory.limited_until;
  if (limited || now + schedule_jitter < *next) return next;
  return std::nullopt;
}

void note_failure(FailureMemory& memory, const Failed& failed, const Fingerprints& certificates) {
  if (memory.failures == 0) memory.first = failed.began;
  memory.failures = std::min(memory.failures + 1, most_failures);
  memory.last = failed.began;
  memory.limited_until = failed.limited_until;
  if (memory.limited_until) memory.limited_until = std::min(*memory.limited_until, failed.began + longest_limit);
  memory.error = failed.error;
  memory.detail = failed.detail;
  memory.attempt = failed.attempt;
  memory.names = failed.names;
  memory.certificates.clear();
  for (const auto& [name, fingerprint] : certificates) {
    const bool failed_too = std::find(failed.names.begin(), failed.names.end(), name) != failed.names.end();
    if (failed.names.empty() || failed_too) memory.certificates.emplace(name, fingerprint);
  }
}

void note_begun(FailureMemory& memory, Moment began, const std::string& attempt, const Fingerprints& certificates) {
  if (memory.failures == 0 || memory.attempt != attempt) {
    note_failure(memory, {.began = began, .attempt = attempt, .error = "it was begun, and the run ended before it did"},
                 certificates);
    return;
  }
  memory.failures = std::min(memory.failures + 1, most_failures);
  memory.last = began;
}

bool was_renewed_since(const FailureMemory& memory, const Fingerprints& certificates) {
  return std::any_of(memory.certificates.begin(), memory.certificates.end(), [&](const auto& then) {
    const auto now = certificates.find(then.first);
    return now != certificates.end() && !now->second.empty() && now->second != then.second;
  });
}

Json to_json(const FailureMemory& memory) {
  if (memory.failures == 0) return nullptr;
  Json names = Json::array();
  for (const std::string& name : memory.names)
    if (names.size() < most_remembered) names.push_back(plugins::printable(name));
  Json certificates = Json::object();
  for (const auto& [name, fingerprint] : memory.certificates)
    if (certificates.size() < most_remembered) certificates[plugins::printable(name)] = fingerprint;
  Json document = {{"failures", memory.failures},
                   {"first", moment_to_json(memory.first)},
                   {"last", moment_to_json(memory.last)},
                   {"error", cut(memory.error, 1000)},
                   {"detail", cut(memory.detail, 4000)},
                   {"attempt", memory.attempt},
                   {"names", std::move(names)},
                   {"certificates", std::move(certificates)}};
  if (memory.limited_until) document["limited_until"] = moment_to_json(*memory.limited_until);
  return document;
}

FailureMemory failure_from_json(const Json& document, Moment now) {
  FailureMemory memory;
  const auto last = moment_at(document, "last", now + 1h);
  memory.failures = static_cast<int>(number_at(document, "failures", 0, most_failures));
  if (memory.failures == 0 || !last) return {};
  memory.last = *last;
  memory.first = moment_at(document, "first", *last).value_or(*last);
  memory.limited_until = moment_at(document, "limited_until", *last + longest_limit);
  memory.error = text_at(document, "error");
  memory.detail = text_at(document, "detail", 4000);
  memory.attempt = text_at(document, "attempt");
  memory.names = texts_at(document, "names");
  if (const Json* certificates = member(document, "certificates"); certificates && certificates->is_object())
    for (const auto& [name, fingerprint] : certificates->items())
      if (fingerprint.is_string() && memory.certificates.size() < most_remembered)
        memory.certificates.emplace(plugins::printable(name), cut(fingerprint.get_ref<const std::string&>(), 64));
  return memory;
}

}  // namespace maintain::letsencrypt
