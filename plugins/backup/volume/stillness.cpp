#include "backup/volume/stillness.hpp"

#include <algorithm>

#include "backup/tree/rsync_failure.hpp"

namespace maintain::plugins::backup {
namespace {

using sdk::Failure;
using sdk::JobPhase;
using sdk::Json;
using sdk::Milliseconds;
using namespace std::chrono_literals;

constexpr const char* timer_job = "release";
constexpr const char* memory_key = "quiesced";
constexpr int most_tries = 5;
constexpr auto between_tries = 2s;
constexpr auto order_timeout = 5min;       // a container may take its time to stop
constexpr auto shortest_limit = 30s;
constexpr std::size_t longest_said = 64 * 1024;
constexpr auto deadline_margin = 30s;      // to bring them back before the host ends us

bool is_connection_trouble(const Failure& failure) {
  return failure.status() == MAINTAIN_UNREACHABLE || failure.status() == MAINTAIN_CONNECTION_LOST;
}

}  // namespace

// The way to the server, or the runtime there, may have a bad moment; every step may be taken twice.
template <class Step>
auto Stillness::patiently(const Step& step) {
  for (int failures = 0;;) {
    try {
      return step();
    } catch (const Failure& failure) {
      if (failure.status() == MAINTAIN_CANCELLED || ++failures == most_tries) throw;
      context_.log(sdk::Level::warning, std::string(failure.what()) + "; trying again");
      await_better_times(is_connection_trouble(failure));
    }
  }
}

// When the task is over there is no time for it: the next try, if it may be made at all, connects anew by itself.
void Stillness::await_better_times(bool connection) {
  try {
    if (connection) context_.reconnect(1min);
    else context_.sleep(between_tries);
  } catch (const Failure& failure) {
    if (failure.status() != MAINTAIN_UNREACHABLE && !context_.is_cancelled()) throw;
  }
}

void Stillness::remember() {
  Json document = context_.state();
  document[memory_key] = hold_to_json(*hold_);
  context_.checkpoint(document);
}

void Stillness::forget() {
  Json document = context_.state();
  document.erase(memory_key);
  context_.checkpoint(document);
  hold_.reset();
  released_.clear();
}

void Stillness::arm(const std::string& become) {
  const auto is_armed = [&] { return context_.find_job(timer_job) == JobPhase::running; };
  std::string why = "it does not run";
  try {
    try {
      context_.start_job(timer_job, {.argv = release_arguments(*hold_), .script = release_script(),
                                     .become_user = become});
    } catch (const Failure& failure) {
      if (failure.status() != MAINTAIN_CONNECTION_LOST) throw;  // else it may have been started
      why = failure.what();
    }
    if (patiently(is_armed)) return;
  } catch (const Failure& failure) {
    if (failure.status() == MAINTAIN_CANCELLED) throw;
    why = failure.what();
  }
  const std::string verb = participle_of(hold_->quiesce);
  try {
    disarm();
  } catch (const Failure& failure) {  // one that nobody needs does no harm; the next run finds it
    context_.log(sdk::Level::warning, failure.what());
  }
  forget();
  throw Failure(MAINTAIN_FAILED, "nothing was " + verb + " and nothing copied, for the timer that would let the "
                                 "containers run again could not be set on " + context_.server() + ": " + why);
}

void Stillness::disarm() {
  patiently([&] {
    context_.stop_job(timer_job);
    context_.collect_job(timer_job);
    return true;
  });
}

void Stillness::ask_timer() {
  if (context_.is_cancelled()) return;  // it may not be asked any more, and nothing that is to be done depends on it
  released_ = patiently([&] {
    std::string said;
    if (context_.find_job(timer_job) != JobPhase::finished) return said;
    context_.follow_job(timer_job, 1min, 0ms, [&](std::string_view piece) {
      said.append(piece.substr(0, longest_said - std::min(longest_said, said.size())));
    });
    return said.find(runs_again) == std::string::npos ? std::string() : said;
  });
}

// What one does after the timer has let it run is its own business.
Fate Stillness::fate(const HeldContainer& container, const std::vector<Container>& now) const {
  return released_.find(container.id) == std::string::npos ? fate_of(*hold_, container, now) : Fate::runs;
}

std::vector<Container> Stillness::look() {
  return patiently([&] { return containers_->inspect(ids_of(*hold_)); });
}

bool Stillness::is_any_held(const std::vector<Container>& now) const {
  return std::any_of(hold_->containers.begin(), hold_->containers.end(),
                     [&](const HeldContainer& one) { return fate(one, now) == Fate::held; });
}

void Stillness::begin(Containers& containers, std::vector<Container> running, Quiesce quiesce,
                      Milliseconds limit) {
  const Milliseconds left = std::chrono::duration_cast<Milliseconds>(context_.deadline() - context_.now()) -
                            deadline_margin;
  if (left < shortest_limit)
    throw Failure(MAINTAIN_FAILED, "nothing was " + participle_of(quiesce) + ": too little of the task's time is left "
                                   "for it; give it a longer timeout");
  containers_.emplace(containers).put_back();
  hold_ = Hold{.runtime = containers.runtime(), .quiesce = quiesce, .since = context_.now(),
               .limit = std::min(limit, left)};
  // They come back in the order in which they were started: what needs another came after it.
  std::sort(running.begin(), running.end(),
            [](const Container& a, const Container& b) { return a.started_at < b.started_at; });
  for (const Container& one : running) {
    if (quiesce == Quiesce::stop && one.removed_when_stopped) {
      hold_.reset();
      throw Failure(MAINTAIN_FAILED, "nothing was stopped: the container " + one.name + " would be removed when it "
                                     "stops (--rm); use quiesce: pause");
    }
    hold_->containers.push_back({one.id, one.name, one.started_at});
  }
  remember();
  arm(containers.become());
  began_ = context_.monotonic();
  try {
    const std::string complaint = containers.order(verb_of(quiesce), ids_of(*hold_), order_timeout);
    const std::vector<Container> now = containers.inspect(ids_of(*hold_));
    std::vector<std::string> moving;
    for (const HeldContainer& one : hold_->containers) {
      const Fate seen = fate(one, now);
      if (seen == Fate::runs || seen == Fate::restarted) moving.push_back(one.name);
    }
    if (!moving.empty())
      throw Failure(MAINTAIN_FAILED, joined(moving, moving.size(), 10) + " could not be " + participle_of(quiesce) +
                                         " on " + context_.server() +
                                         (complaint.empty() ? "" : ": " + complaint));
  } catch (...) {
    end_after_failure();
    throw;
  }
}

void Stillness::bring_back(std::vector<Container>& now) {
  std::string complaint;
  for (int tries = 0; is_any_held(now); ++tries) {
    if (tries == most_tries)
      throw Failure(MAINTAIN_FAILED, "they were told to " + undo_of(hold_->quiesce) + ", and do not run" +
                                         (complaint.empty() ? "" : ": " + complaint));
    if (tries > 0) await_better_times(false);
    std::vector<std::string> ids;
    for (const HeldContainer& one : hold_->containers)
      if (fate(one, now) == Fate::held) ids.push_back(one.id);
    complaint = patiently([&] { return containers_->order(undo_of(hold_->quiesce), ids, order_timeout); });
    now = look();
  }
}

Outage Stillness::end() { return finish(true); }

Outage Stillness::finish(bool copied) {
  Outage outage;
  bool held = false;
  try {
    // Not asked before its time: every round trip makes the outage longer.
    if (context_.monotonic() - began_ >= hold_->limit - 1s) ask_timer();
    std::vector<Container> now = look();
    held = is_any_held(now);
    outage.undisturbed = tell_fates(now);
    bring_back(now);
  } catch (const Failure& failure) {
    tell_still(failure.what());
    throw;
  }
  outage.span = context_.monotonic() - began_;
  if (!released_.empty() && !held) outage.span = std::min(outage.span, hold_->limit);
  tell_outage(outage);
  if (copied && released_.empty() && !outage.undisturbed) tell_disturbance();
  put_away();
  return outage;
}

// They run: whatever fails now is no reason to give up the copy. After a cancellation the timer cannot be asked for any
// more, and what it is to let run stays remembered: an order to keep it still could have been on its way.
void Stillness::put_away() {
  try {
    disarm();
    forget();
  } catch (const Failure& failure) {
    context_.log(sdk::Level::warning, std::string("the timer on the server is still set, which does no harm; the next "
                                                  "run removes it: ") + failure.what());
    hold_.reset();
  }
}

void Stillness::end_after_failure() noexcept {
  try {
    if (hold_) finish(false);
  } catch (const std::exception& failure) {
    try {
      context_.log(sdk::Level::error, failure.what());
    } catch (...) {
      return;  // the failure on its way says more
    }
  }
}

bool Stillness::settle() {
  const Json document = context_.state();
  const auto left = document.find(memory_key);
  const bool timer_left = !context_.reattaching() || context_.find_job(timer_job) != JobPhase::none;
  if (left != document.end()) hold_ = hold_from_json(*left);
  if (hold_) settle_hold();
  else if (context_.reattaching() && timer_left) settle_timer();
  return timer_left;
}

// Whose containers nobody remembers: they are its own concern.
void Stillness::settle_timer() {
  if (context_.check_mode()) return;
  context_.log(sdk::Level::warning, "a timer of an earlier run is still there; waiting for it to end");
  const auto phase = context_.find_job(timer_job);
  if (phase == JobPhase::running) context_.follow_job(timer_job, 0ms);
  context_.collect_job(timer_job);
}

void Stillness::settle_hold() {
  containers_.emplace(context_, hold_->runtime).put_back();
  const std::string names = names_of(*hold_);
  if (context_.check_mode()) {
    context_.log(sdk::Level::info, "would let run again what an earlier run kept still: " + names);
    hold_.reset();
    return;
  }
  bool held = false;
  try {
    ask_timer();
    std::vector<Container> now = look();
    held = is_any_held(now);
    tell_fates(now);
    bring_back(now);
  } catch (const Failure& failure) {
    tell_still(failure.what());
    throw;
  }
  if (held || !released_.empty()) tell_interrupted(held);
  disarm();
  forget();
}

}  // namespace maintain::plugins::backup
