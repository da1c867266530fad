// From the question whether a reboot is needed to the order.
#include <algorithm>

#include "common/duration.hpp"
#include "reboot/findings.hpp"
#include "reboot/reboot_run.hpp"
#include "reboot/server_talk.hpp"

namespace maintain::plugins::reboot {
namespace {

using sdk::Command;
using sdk::Context;
using sdk::Failure;
using sdk::JobPhase;
using sdk::Outcome;

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

constexpr Milliseconds longest_watch = std::chrono::hours(30 * 24);

// A mark that cannot be written keeps nothing from rebooting: a disk without room may be why it is needed.
Command order_command(Context& context) {
  const std::string mark = std::string("date >") + order_mark + "\n";
  if (context.facts().init == "systemd")
    return {.script = mark + "exec systemctl reboot --message='ordered by maintain'\n", .become_user = "root"};
  return {.script = mark + "command -v shutdown >/dev/null && exec shutdown -r now\nexec reboot\n",
          .become_user = "root"};
}

}  // namespace

RebootRun::RebootRun(Context& context, Options options)
    : context_(context), options_(std::move(options)), memory_(memory_from_json(context.state())) {}

Outcome RebootRun::end(Outcome outcome, const std::string& summary) {
  context_.set_state(memory_to_json(memory_));
  context_.summary(summary);
  return outcome;
}

Outcome RebootRun::run() {
  if (memory_.order && memory_.order->stage == Stage::ordered) return follow_up();
  if (memory_.order && memory_.order->stage == Stage::refused) {
    if (memory_.quiet_until && context_.now() < *memory_.quiet_until) return follow_up_refused();
    give_back_place();
    memory_.order.reset();
  }
  if (memory_.order) return undo_preparation();
  retry_after_hook();
  if (const auto outcome = clean_up_forgotten()) return *outcome;
  look_at_watched();
  // Due only for a job that is gone: nobody has asked whether a window is open.
  if (context_.reattaching() && !context_.scheduled())
    return end(Outcome::skipped, "the job of an earlier run is gone; the next run in the window decides anew");
  return decide();
}

// Stopped before the order. The job of `run_before` made this run due, perhaps outside the window: it orders nothing.
Outcome RebootRun::undo_preparation() {
  context_.log(sdk::Level::info, "an earlier run was stopped while it prepared a reboot");
  // Nobody can undo what still goes on.
  if (context_.find_job(before_job) == JobPhase::running) context_.stop_job(before_job);
  run_after_hook();
  call_off();
  return end(Outcome::skipped, "an earlier run was stopped before it ordered the reboot; the next one decides anew");
}

// Jobs that we do not remember: the state was lost. The window of an order is not known either, so this run orders
// nothing; and jobs that nobody collects would make the task due for ever.
std::optional<Outcome> RebootRun::clean_up_forgotten() {
  const bool prepared = context_.find_job(before_job) != JobPhase::none;
  const JobPhase order = context_.find_job(order_job);
  if (!prepared && order == JobPhase::none) return std::nullopt;
  if (order != JobPhase::running) {
    if (prepared) run_after_hook();
    forget_jobs();
  }
  return end(Outcome::skipped, "found an order to reboot that an earlier run has left; the next run decides anew");
}

Outcome RebootRun::check() {
  if (memory_.order && memory_.order->stage != Stage::preparing) {
    context_.summary("a reboot was ordered at an earlier run and is to be verified");
    return Outcome::ok;
  }
  const Needs needs = ask_needs(context_, memory_.useless_kernel);
  if (needs.verdict == Verdict::unknown) return cannot_tell(needs.problem);
  if (needs.verdict == Verdict::no) {
    context_.summary("no reboot needed (kernel " + needs.boot->kernel + ")");
    return Outcome::ok;
  }
  Inhibitors found = ask_inhibitors(context_, options_);
  if (!found.problem.empty()) return cannot_tell(found.problem);
  for (const auto& package : needs.half_installed) found.reasons.push_back("dpkg has not finished " + package);
  if ((memory_.quiet_until && context_.now() < *memory_.quiet_until) || was_ordered_in_this_window(needs))
    found.reasons.push_back("one reboot per window is enough");
  if (const std::string why = window_too_short(); !why.empty()) found.reasons.push_back(why);
  const std::string because = "because of " + join_reasons(needs.reasons);
  context_.summary(found.reasons.empty() ? "would reboot " + because
                                         : "needs a reboot " + because + ", would not now: " + join(found.reasons));
  return Outcome::ok;
}

Outcome RebootRun::decide() {
  const Needs needs = ask_needs(context_, memory_.useless_kernel);
  if (needs.verdict == Verdict::unknown) return cannot_tell(needs.problem);
  if (needs.verdict == Verdict::no) {
    memory_.needed_since.reset();
    tell_useless_kernel(needs);
    return end(Outcome::ok, "no reboot needed (kernel " + needs.boot->kernel + ")");
  }
  if (needs.useless_newest.empty()) memory_.useless_kernel.clear();
  remember_need(memory_, needs, context_.now());
  if (const auto outcome = held_back(needs)) return *outcome;
  return prepare_and_order(needs);
}

Outcome RebootRun::cannot_tell(const std::string& problem) {
  context_.finding(check_failed(problem));
  return end(Outcome::failed, "could not find out whether to reboot");
}

std::string RebootRun::window_too_short() const {
  const auto end = context_.window_end();
  if (!end) return {};
  const auto left = std::chrono::duration_cast<Milliseconds>(*end - context_.now());
  if (left >= options_.needs_time) return {};
  return "only " + span_text(left) + " of the window are left";
}

// Another task's order counts like ours: by the server's own mark, whose age both clocks agree on.
bool RebootRun::was_ordered_in_this_window(const Needs& needs) const {
  const auto scheduled = context_.scheduled();
  if (!scheduled || !needs.last_order_seconds) return false;
  return context_.now() - std::chrono::seconds(*needs.last_order_seconds) > *scheduled;
}

// What speaks against a reboot now, cheapest first. Nothing: it may be ordered, and the group's lock is ours.
std::optional<Outcome> RebootRun::held_back(const Needs& needs) {
  if ((memory_.quiet_until && context_.now() < *memory_.quiet_until) || was_ordered_in_this_window(needs))
    return end(Outcome::skipped, "rebooted in this window already; needed again because of " +
                                     join_reasons(needs.reasons));
  memory_.quiet_until.reset();
  if (const std::string why = window_too_short(); !why.empty()) return postpone(needs, why);
  if (!needs.half_installed.empty()) return postpone(needs, "dpkg has not finished " + join(needs.half_installed));
  const Inhibitors found = ask_inhibitors(context_, options_);
  if (!found.problem.empty()) return cannot_tell(found.problem);
  if (!found.reasons.empty()) return postpone(needs, join(found.reasons));
  if (options_.group.empty()) return std::nullopt;
  // Long enough for everything up to the verified boot; who vanishes holds the others up no longer than that.
  const Milliseconds lease = options_.return_within + 2 * options_.settle + 2 * options_.stable_for +
                             3 * options_.hook_timeout + std::chrono::minutes(5);
  std::string holders;
  if (context_.try_lock(lock_name(options_.group), options_.group_limit, lease, Milliseconds(0), &holders))
    return std::nullopt;
  return postpone(needs, "waits for its group: " + holders);
}

Outcome RebootRun::postpone(const Needs& needs, const std::string& why) {
  const Milliseconds age = context_.now() - *memory_.needed_since;
  const std::string reasons = join_reasons(needs.reasons);
  if (age >= options_.max_postponement) context_.finding(overdue(reasons, age, why));
  return end(Outcome::skipped, "postponed a reboot because of " + reasons + ": " + why);
}

Outcome RebootRun::prepare_and_order(const Needs& needs) {
  Order order{.stage = Stage::preparing, .at = context_.now(), .window_end = context_.window_end(), .boot = *needs.boot,
              .expected_kernel = needs.expected_kernel, .expected_package = needs.expected_package,
              .reasons = needs.reasons, .group = options_.group};
  try {
    order.before = ask_sample(context_).snapshot;
    memory_.order = std::move(order);
    if (const auto outcome = prepare(needs)) return *outcome;
    memory_.order->stage = Stage::ordered;
    memory_.order->at = context_.now();
    checkpoint();
  } catch (const Failure&) {
    // Nothing was ordered. What was prepared is undone by the next run; until then the server keeps its group's place.
    const bool may_be_prepared = memory_.order && options_.before;
    if (!may_be_prepared && !options_.group.empty()) context_.unlock(lock_name(options_.group));
    throw;
  }
  return give_order();
}

// Nothing: the reboot may be ordered.
std::optional<Outcome> RebootRun::prepare(const Needs& needs) {
  if (options_.before) {
    checkpoint();
    const std::string problem = run_hook_as_job(context_, *options_.before, options_.hook_timeout);
    if (!problem.empty()) {
      // It may have done half of its work, which only `run_after` can undo.
      run_after_hook();
      call_off();
      context_.finding(before_failed(problem));
      return postpone(needs, "the `run_before` command failed");
    }
    // The command may have taken as long as it liked: somebody may have logged in meanwhile.
    const Inhibitors found = ask_inhibitors(context_, options_);
    if (!found.problem.empty() || !found.reasons.empty()) {
      run_after_hook();
      call_off();
    }
    if (!found.problem.empty()) return cannot_tell(found.problem);
    if (!found.reasons.empty()) return postpone(needs, join(found.reasons));
  }
  if (const std::string why = window_too_short(); !why.empty()) {
    if (options_.before) run_after_hook();
    call_off();
    return postpone(needs, why);
  }
  return std::nullopt;
}

// Nothing was ordered, and will not be by this run.
void RebootRun::call_off() {
  give_back_place();
  memory_.order.reset();
  checkpoint();
  forget_jobs();
}

Outcome RebootRun::give_order() {
  try {
    context_.start_job(order_job, order_command(context_));
  } catch (const Failure& failure) {
    // Only these say that nothing was started; after a lost connection nobody knows, and the boot will tell.
    const bool not_started = failure.status() == MAINTAIN_FAILED || failure.status() == MAINTAIN_UNREACHABLE ||
                             failure.status() == MAINTAIN_REFUSED || failure.status() == MAINTAIN_INVALID_ARGUMENT;
    if (failure.status() == MAINTAIN_CANCELLED) throw;
    if (not_started) return give_up(Return::Kind::refused, failure.what());
  }
  context_.log(sdk::Level::info, "reboot ordered, because of " + join_reasons(memory_.order->reasons));
  return judge(wait_for_boot(context_, memory_.order->boot, memory_.order->at + options_.return_within), true);
}

// Tells again what an earlier reboot broke and is still broken.
void RebootRun::look_at_watched() {
  if (!memory_.watch) return;
  const bool is_over = context_.now() - memory_.watch->since > longest_watch;
  const auto changes = is_over ? std::vector<Change>{} : still_there(*memory_.watch, ask_sample(context_).snapshot);
  if (!changes.empty()) {
    keep_place(unhealthy_lease);
    return report(changes);
  }
  if (is_over)
    context_.log(sdk::Level::info, "no longer watched, 30 days after the reboot: " + join(memory_.watch->names));
  memory_.watch.reset();
  if (!options_.group.empty()) context_.unlock(lock_name(options_.group));
}

}  // namespace maintain::plugins::reboot
