// Keeps containers still while their volumes are copied, and lets them run again: those that ran, whatever happens.
//
//   Stillness stillness(context);
//   stillness.settle();                       // what a run that was killed has left
//   stillness.begin(containers, running, …);  // a timer on the server is set before anything is touched
//   try { copy } catch (…) { stillness.end_after_failure(); throw; }
//   const Outage outage = stillness.end();
//
// What is kept still is on the disk here before it is, and the timer on the server (a job, hence our next run comes at
// once) lets it run again when we do not. A run that is stopped meanwhile lets it run at once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "backup/volume/containers.hpp"
#include "backup/volume/hold.hpp"

namespace maintain::plugins::backup {

struct Outage {
  sdk::Milliseconds span{0};
  bool undisturbed = true;  // none of them ran in between
};

class Stillness {
 public:
  explicit Stillness(sdk::Context& context) : context_(context) {}

  // Brings back what an earlier run has left still, and tells so. Failure when it cannot. In check mode only says so.
  // False: that run's timer made this task due, and is no more, so no new copy is to be begun.
  bool settle();

  // Failure: nothing is still, or it was told which containers are. running: all of them are kept still.
  void begin(Containers& containers, std::vector<Container> running, Quiesce quiesce, sdk::Milliseconds limit);

  // Lets them run, and returns when they are seen to. Tells what happened to them. Failure: told which do not run.
  Outage end();
  // The same where another failure is on its way.
  void end_after_failure() noexcept;

 private:
  void arm(const std::string& become);
  void disarm();
  void remember();
  void forget();
  std::vector<Container> look();
  void bring_back(std::vector<Container>& now);
  Outage finish(bool copied);
  void put_away();
  void ask_timer();
  Fate fate(const HeldContainer& container, const std::vector<Container>& now) const;
  void settle_hold();
  void settle_timer();
  bool tell_fates(const std::vector<Container>& now);
  void tell_outage(const Outage& outage);
  void tell_disturbance();
  void tell_interrupted(bool held);
  void tell_still(const std::string& why);
  bool is_any_held(const std::vector<Container>& now) const;
  template <class Step>
  auto patiently(const Step& step);
  void await_better_times(bool connection);

  sdk::Context& context_;
  std::optional<Containers> containers_;
  std::optional<Hold> hold_;
  sdk::Milliseconds began_{0};  // monotonic
  std::string released_;        // what the timer on the server says it has let run
};

}  // namespace maintain::plugins::backup
