// Named locks across the fleet (maintain.lock/1): who holds a place is in the store, who waits for one is here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "run/messages.hpp"
#include "store/state_store.hpp"

namespace maintain {

class LeaseDesk {
 public:
  LeaseDesk(StateStore& store, const Clock& clock) : store_(store), clock_(clock) {}

  // The answer, or nothing when the asker was put among those who wait.
  std::optional<Answer> acquire(std::uint64_t worker, const std::string& server, const Ask& ask);
  Answer release(const std::string& server, const Ask& ask);

  // The answers that have become due: a place got free, or the asker has waited long enough. In order of asking.
  std::vector<std::pair<std::uint64_t, Answer>> retry();
  // The worker is being cancelled: it gets its answer now.
  std::optional<Answer> cancel(std::uint64_t worker);
  void forget(std::uint64_t worker);  // it has ended

  // When retry() has something to do next; nothing while nobody waits.
  std::optional<Milliseconds> until_retry() const;

 private:
  struct Waiting {
    std::uint64_t worker;
    std::string server;
    Ask ask;
    Deadline until;
  };
  std::optional<Answer> try_once(const std::string& server, const Ask& ask, bool last_try);

  StateStore& store_;
  const Clock& clock_;
  std::vector<Waiting> waiting_;
  Deadline next_try_ = Deadline::after(Milliseconds(0));
};

}  // namespace maintain
