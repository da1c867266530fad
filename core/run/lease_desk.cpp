#include "run/lease_desk.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "run/limits.hpp"

namespace maintain {
namespace {

constexpr Milliseconds retry_interval = std::chrono::seconds(1);  // leases also end by their time
constexpr int most_places = 10'000;
constexpr Milliseconds longest_lease = std::chrono::hours(24 * 7);

Answer refuse(const Ask& ask, ErrorKind kind, std::string message) {
  return {ask.ask, Error{kind, std::move(message), {}, {}}};
}

std::string describe(const std::vector<Lease>& holders) {
  std::vector<std::string> words;
  for (const Lease& lease : holders)
    words.push_back(fmt::format("{} until {}", lease.holder, format_time(lease.until)));
  return join(words, ", ");
}

}  // namespace

std::optional<Answer> LeaseDesk::try_once(const std::string& server, const Ask& ask, bool last_try) {
  const Time now = clock_.now();
  const auto lease = std::min<std::uint64_t>(ask.lease_ms, static_cast<std::uint64_t>(longest_lease.count()));
  const Time until = now + std::chrono::ceil<Seconds>(Milliseconds(lease));
  const auto answer = store_.acquire_lease(ask.text, server, ask.places, now, until);
  if (!answer) return Answer{ask.ask, answer.error()};
  if (answer->acquired) return Answer{ask.ask, {}};
  if (!last_try) return std::nullopt;
  return refuse(ask, ErrorKind::busy,
                fmt::format("all {} of lock '{}' are taken: {}",
                            count_of(static_cast<std::size_t>(ask.places), "place"),
                                                  ask.text, describe(answer->holders)));
}

std::optional<Answer> LeaseDesk::acquire(std::uint64_t worker, const std::string& server, const Ask& ask) {
  if (ask.text.empty() || ask.text.size() > name_limit || printable(ask.text) != ask.text || ask.places < 1 ||
      ask.places > most_places)
    return refuse(ask, ErrorKind::refused, "not a usable lock: its name or its number of places is wrong");
  auto answer = try_once(server, ask, ask.wait_ms == 0);
  if (answer) return answer;
  const auto wait = std::min<std::uint64_t>(ask.wait_ms, static_cast<std::uint64_t>(longest_lock_wait.count()));
  waiting_.push_back({worker, server, ask, Deadline::after(Milliseconds(wait))});
  return std::nullopt;
}

Answer LeaseDesk::release(const std::string& server, const Ask& ask) {
  const auto released = store_.release_lease(ask.text, server);
  next_try_ = Deadline::after(Milliseconds(0));
  return {ask.ask, released ? std::nullopt : std::optional<Error>(released.error())};
}

std::vector<std::pair<std::uint64_t, Answer>> LeaseDesk::retry() {
  std::vector<std::pair<std::uint64_t, Answer>> answers;
  if (waiting_.empty() || !next_try_.passed()) return answers;
  next_try_ = Deadline::after(retry_interval);
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    const auto answer = try_once(waiting.server, waiting.ask, waiting.until.passed());
    if (answer) answers.emplace_back(waiting.worker, *answer);
    return answer.has_value();
  });
  return answers;
}

std::optional<Answer> LeaseDesk::cancel(std::uint64_t worker) {
  const auto waiting = std::find_if(waiting_.begin(), waiting_.end(),
                                    [&](const auto& w) { return w.worker == worker; });
  if (waiting == waiting_.end()) return std::nullopt;
  const Answer answer = refuse(waiting->ask, ErrorKind::cancelled, "cancelled while waiting for a lock");
  waiting_.erase(waiting);
  return answer;
}

void LeaseDesk::forget(std::uint64_t worker) {
  std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.worker == worker; });
}

std::optional<Milliseconds> LeaseDesk::until_retry() const {
  if (waiting_.empty()) return std::nullopt;
  return next_try_.remaining();
}

}  // namespace maintain
