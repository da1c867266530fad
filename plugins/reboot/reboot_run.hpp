// One run of reboot.if_needed. What it does next depends on what an earlier run left in the memory:
//
//   nothing     -> is a reboot needed? does anything speak against it? -> remember the order, give it, wait, verify
//   preparing   -> nothing was ordered: run the `run_after` command, and leave the rest to the next run
//   ordered     -> wait for the boot if its time is not over, verify; nothing is ordered a second time
//   refused     -> verify if it has booted in the meantime; else leave it alone until the window has closed
//
// The `run_before` command and the order are detached jobs. While one is not collected the host makes this task due at
// every run, also outside its window: so an order that we lost sight of is always followed up, and what was prepared
// for it is undone at once.
#pragma once

#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "reboot/memory.hpp"
#include "reboot/needs.hpp"
#include "reboot/options.hpp"
#include "reboot/waiting.hpp"

namespace maintain::plugins::reboot {

// So long peers of a server that is not well wait, counted from when it was last looked at.
inline constexpr Milliseconds unhealthy_lease = std::chrono::hours(24);

class RebootRun {
 public:
  RebootRun(sdk::Context& context, Options options);
  sdk::Outcome run();
  sdk::Outcome check();  // the dry run

 private:
  // ordering.cpp: towards the order
  sdk::Outcome undo_preparation();
  std::optional<sdk::Outcome> clean_up_forgotten();
  sdk::Outcome decide();
  std::optional<sdk::Outcome> held_back(const Needs& needs);
  sdk::Outcome postpone(const Needs& needs, const std::string& why);
  sdk::Outcome cannot_tell(const std::string& problem);
  sdk::Outcome prepare_and_order(const Needs& needs);
  std::optional<sdk::Outcome> prepare(const Needs& needs);
  void call_off();
  sdk::Outcome give_order();
  std::string window_too_short() const;
  bool was_ordered_in_this_window(const Needs& needs) const;
  void look_at_watched();

  // verifying.cpp: after the order
  sdk::Outcome follow_up();
  sdk::Outcome follow_up_refused();
  bool was_never_given();
  sdk::Outcome forget_order_never_given();
  sdk::Outcome forget_damaged_order();
  sdk::Outcome judge(const Return& seen, bool in_the_run_that_ordered);
  sdk::Outcome verify(const Boot& boot, bool in_the_run_that_ordered);
  sdk::Outcome give_up(Return::Kind kind, const std::string& problem);
  sdk::Outcome server_is_gone(const sdk::Finding& finding, const std::string& summary);
  void judge_kernel(const Boot& boot);
  void tell_useless_kernel(const Needs& needs);
  void report(const std::vector<Change>& changes);
  bool expected_kernel_runs(const Boot& boot) const;
  Milliseconds time_away(bool in_the_run_that_ordered);
  void run_after_hook();
  void retry_after_hook();
  void forget_jobs();
  void give_back_place();
  void keep_place(Milliseconds lease);

  std::string lock_name(const std::string& group) const { return "reboot-" + group; }
  void checkpoint() { context_.checkpoint(memory_to_json(memory_)); }
  sdk::Outcome end(sdk::Outcome outcome, const std::string& summary);

  sdk::Context& context_;
  Options options_;
  Memory memory_;
};

}  // namespace maintain::plugins::reboot
