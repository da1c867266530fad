// One run of reboot.if_needed. What it does next depends on what an earlier run left in the memory:
//
//   nothing     -> is a reboot needed? does anything speak against it? -> remember the order, give it, wait, verify
//   preparing   -> nothing was ordered: run the `run_after` command, then as above
//   ordered     -> wait for the boot if its time is not over, verify; nothing is ordered a second time
//   refused     -> verify if it has booted in the meantime; else leave it alone until the window has closed
//
// The order is given by a detached job. Its result is worth little, but while it is not collected the host makes this
// task due at every run, also outside its window: so an order that we lost sight of is always followed up.
#pragma once

#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "reboot/memory.hpp"
#include "reboot/needs.hpp"
#include "reboot/options.hpp"
#include "reboot/waiting.hpp"

namespace maintain::plugins::reboot {

class RebootRun {
 public:
  RebootRun(sdk::Context& context, Options options);
  sdk::Outcome run();
  sdk::Outcome check();  // the dry run

 private:
  // ordering.cpp: towards the order
  sdk::Outcome decide();
  std::optional<sdk::Outcome> held_back(const Needs& needs);
  sdk::Outcome postpone(const Needs& needs, const std::string& why);
  sdk::Outcome cannot_tell(const std::string& problem);
  sdk::Outcome prepare_and_order(const Needs& needs);
  sdk::Outcome give_order();
  void remember_need(const Needs& needs);
  std::string window_too_short() const;
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
  sdk::Outcome server_is_gone(const std::string& problem);
  void report(const std::vector<Change>& changes);
  bool expected_kernel_runs(const Boot& boot) const;
  Milliseconds time_away(bool in_the_run_that_ordered);
  void run_after_hook();
  void forget_job();

  std::string lock_name(const std::string& group) const { return "reboot-" + group; }
  void checkpoint() { context_.checkpoint(memory_to_json(memory_)); }
  sdk::Outcome end(sdk::Outcome outcome, const std::string& summary);

  sdk::Context& context_;
  Options options_;
  Memory memory_;
};

}  // namespace maintain::plugins::reboot
