// From the question whether a reboot is needed to the order.
#include <algorithm>

#include "common/duration.hpp"
#include "reboot/findings.hpp"
#include "reboot/reboot_run.hpp"
#include "reboot/server_talk.hpp"
#include "reboot/watch.hpp"

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

Command order_command(Context& context) {
  if (context.facts().init == "systemd") return {.argv = {"systemctl", "reboot", "--message=ordered by maintain"}, .become_user = "root"};
  return {.script = "command -v shutdown >/dev/null && exec shutdown -r now\nexec reboot\n", .become_user = "root"};
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
    memory_.order.reset();
  }
  if (memory_.order) {
    context_.log(sdk::Level::info, "an earlier run was stopped between the `run_before` command and the order");
    run_after_hook();
    if (!memory_.order->group.empty()) context_.unlock(lock_name(memory_.order->group));
    memory_.order.reset();
    checkpoint();
  }
  look_at_watched();
  return decide();
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
  if (memory_.quiet_until && context_.now() < *memory_.quiet_until)
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
    return end(Outcome::ok, "no reboot needed (kernel " + needs.boot->kernel + ")");
  }
  remember_need(needs);
  if (const auto outcome = held_back(needs)) return *outcome;
  return prepare_and_order(needs);
}

Outcome RebootRun::cannot_tell(const std::string& problem) {
  context_.finding(check_failed(problem));
  return end(Outcome::failed, "could not find out whether to reboot");
}

void RebootRun::remember_need(const Needs& needs) {
  const Moment since = context_.now() - std::chrono::seconds(needs.age_seconds.value_or(0));
  memory_.needed_since = std::min(memory_.needed_since.value_or(since), since);
}

std::string RebootRun::window_too_short() const {
  const auto end = context_.window_end();
  if (!end) return {};
  const auto left = std::chrono::duration_cast<Milliseconds>(*end - context_.now());
  if (left >= options_.needs_time) return {};
  return "only " + span_text(left) + " of the window are left";
}

// What speaks against a reboot now, cheapest first. Nothing: it may be ordered, and the group's lock is ours.
std::optional<Outcome> RebootRun::held_back(const Needs& needs) {
  if (memory_.quiet_until && context_.now() < *memory_.quiet_until)
    return end(Outcome::skipped, "rebooted in this window already; needed again because of " +
                                     join_reasons(needs.reasons));
  memory_.quiet_until.reset();
  if (const JobPhase phase = context_.find_job(order_job); phase != JobPhase::none) {
    // An order that we do not remember: the state was lost. Its window is not known either, so this run orders nothing.
    if (phase != JobPhase::running) context_.collect_job(order_job);
    return end(Outcome::skipped, "found an order to reboot of an earlier run");
  }
  if (const std::string why = window_too_short(); !why.empty()) return postpone(needs, why);
  if (!needs.half_installed.empty()) return postpone(needs, "dpkg has not finished " + join(needs.half_installed));
  const Inhibitors found = ask_inhibitors(context_, options_);
  if (!found.problem.empty()) return cannot_tell(found.problem);
  if (!found.reasons.empty()) return postpone(needs, join(found.reasons));
  if (options_.group.empty()) return std::nullopt;
  // Long enough for everything up to the verified boot; who vanishes holds the others up no longer than that.
  const Milliseconds lease = options_.return_within + options_.settle + 2 * options_.stable_for +
                             2 * options_.hook_timeout + std::chrono::minutes(5);
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
    if (options_.before) {
      checkpoint();
      if (const std::string problem = run_hook(context_, *options_.before, options_.hook_timeout); !problem.empty()) {
        // It may have done half of its work, which only `run_after` can undo.
        run_after_hook();
        if (!options_.group.empty()) context_.unlock(lock_name(options_.group));
        memory_.order.reset();
        context_.finding(before_failed(problem));
        return postpone(needs, "the `run_before` command failed");
      }
    }
    // The command may have taken as long as it liked.
    if (const std::string why = window_too_short(); !why.empty()) {
      if (options_.before) run_after_hook();
      if (!options_.group.empty()) context_.unlock(lock_name(options_.group));
      memory_.order.reset();
      return postpone(needs, why);
    }
    memory_.order->stage = Stage::ordered;
    memory_.order->at = context_.now();
    checkpoint();
  } catch (const Failure&) {
    // Nothing was ordered. With the stage on disk the next run undoes what was prepared.
    if (!options_.group.empty()) context_.unlock(lock_name(options_.group));
    throw;
  }
  return give_order();
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
  const auto changes = still_there(*memory_.watch, ask_sample(context_).snapshot);
  if (!changes.empty()) return report(changes);
  memory_.watch.reset();
  if (!options_.group.empty()) context_.unlock(lock_name(options_.group));
}

}  // namespace maintain::plugins::reboot
