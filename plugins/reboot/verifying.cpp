// From the order to the verified boot, in this run or in a later one.
#include <algorithm>

#include "common/duration.hpp"
#include "reboot/findings.hpp"
#include "reboot/kernel.hpp"
#include "reboot/reboot_run.hpp"
#include "reboot/server_talk.hpp"

namespace maintain::plugins::reboot {
namespace {

using sdk::Failure;
using sdk::JobPhase;
using sdk::Outcome;

constexpr Milliseconds quiet_without_window = std::chrono::hours(24);
constexpr Milliseconds longest_verification = std::chrono::hours(2);  // over several runs of a short-lived task
constexpr Milliseconds grace_of_later_run = std::chrono::minutes(2);
constexpr std::size_t most_journals = 10;

bool is_unit(ChangeKind kind) {
  return kind == ChangeKind::unit_failed || kind == ChangeKind::unit_stopped || kind == ChangeKind::unit_restarting;
}

// What an earlier reboot broke and has since been listed as failing. What is not listed at all when the next reboot is
// ordered was taken away by somebody, and nobody would ever end an alarm about it.
std::optional<Watch> still_failing(const std::optional<Watch>& older, const ServerSnapshot& before) {
  if (!older) return std::nullopt;
  auto changes = still_there(*older, before);
  std::erase_if(changes, [](const Change& change) {
    return change.kind == ChangeKind::unit_stopped || change.kind == ChangeKind::container_stopped ||
           change.kind == ChangeKind::listener_closed || change.kind == ChangeKind::mount_missing;
  });
  return make_watch(older->before, changes, older->since);
}

}  // namespace

Outcome RebootRun::follow_up() {
  const Order& order = *memory_.order;
  context_.log(sdk::Level::info, "an earlier run ordered a reboot; looking whether it happened");
  if (order.boot.id.empty()) return forget_damaged_order();
  if (was_never_given()) return forget_order_never_given();
  // An outage of the network may have ended only now, with the server on its way down.
  const Moment until = std::max(order.at + options_.return_within,
                                context_.now() + std::min(grace_of_later_run, options_.return_within));
  return judge(wait_for_boot(context_, order.boot, until), false);
}

// We were stopped after writing down the order and before giving it. Its job would still be there, also after a boot.
bool RebootRun::was_never_given() {
  const auto never_given = [&] {
    const auto boot = ask_boot(context_);
    return boot && !booted_anew(memory_.order->boot, *boot) && context_.find_job(order_job) == JobPhase::none;
  };
  try {
    if (!never_given()) return false;
    // Right after the run was stopped, what it sent last may still be on its way.
    const Milliseconds young = grace_of_later_run - (context_.now() - memory_.order->at);
    if (young.count() <= 0) return true;
    context_.sleep(young);
    return never_given();
  } catch (const Failure& failure) {
    if (failure.status() == MAINTAIN_CANCELLED) throw;
    return false;  // it may be on its way down
  }
}

Outcome RebootRun::forget_order_never_given() {
  run_after_hook();
  call_off();
  return end(Outcome::skipped, "an earlier run was stopped before it ordered the reboot; the next one decides anew");
}

Outcome RebootRun::forget_damaged_order() {
  memory_.order.reset();
  memory_.quiet_until = context_.now() + quiet_without_window;
  forget_jobs();
  return end(Outcome::skipped, "the memory of an ordered reboot is damaged; no reboot for a day");
}

Outcome RebootRun::follow_up_refused() {
  const auto boot = ask_boot(context_);
  if (boot && booted_anew(memory_.order->boot, *boot)) return verify(*boot, false);
  forget_jobs();  // the run that gave up may have lost the server before it did, and they would keep this task due
  retry_after_hook();
  // The finding stands until a run ends well.
  return end(Outcome::skipped, "a reboot ordered " + age_text(context_.now() - memory_.order->at) +
                                   " ago did not happen; it is not ordered again in the same window");
}

Outcome RebootRun::judge(const Return& seen, bool in_the_run_that_ordered) {
  if (seen.kind == Return::Kind::booted) return verify(seen.boot, in_the_run_that_ordered);
  // The task's own deadline came before the server's time was over.
  const bool time_is_over = context_.now() >= memory_.order->at + options_.return_within;
  if (seen.kind != Return::Kind::refused && !time_is_over)
    return end(Outcome::skipped, "a reboot is ordered; the next run looks for the boot");
  if (seen.kind == Return::Kind::unreachable) {
    const Milliseconds age = context_.now() - memory_.order->at;
    return server_is_gone(server_gone(*memory_.order, age, seen.problem),
                          "the server has not come back from the reboot ordered " + span_text(age) + " ago");
  }
  return give_up(seen.kind, seen.problem);
}

Outcome RebootRun::server_is_gone(const sdk::Finding& finding, const std::string& summary) {
  context_.finding(finding);
  keep_place(unhealthy_lease);
  return end(Outcome::failed, summary);
}

// The server is there, and as it was.
Outcome RebootRun::give_up(Return::Kind kind, const std::string& problem) {
  Order& order = *memory_.order;
  const Milliseconds age = context_.now() - order.at;
  const bool refused = kind == Return::Kind::refused;
  context_.finding(refused ? order_failed(problem) : did_not_happen(order, age));
  run_after_hook();
  memory_.quiet_until = order.window_end.value_or(order.at + quiet_without_window);
  order.stage = Stage::refused;
  // A reboot that something holds up may still happen.
  const Milliseconds quiet = *memory_.quiet_until - context_.now();
  if (refused || quiet.count() <= 0) give_back_place();
  else keep_place(quiet);
  checkpoint();
  forget_jobs();
  return end(Outcome::failed, refused ? "the server refused the order to reboot"
                                      : "the reboot ordered " + span_text(age) + " ago did not happen");
}

void RebootRun::forget_jobs() {
  for (const std::string_view job : {before_job, order_job}) {
    const JobPhase phase = context_.find_job(job);
    if (phase == JobPhase::none) continue;
    if (phase == JobPhase::running) context_.stop_job(job);
    context_.collect_job(job);
  }
}

void RebootRun::give_back_place() {
  if (!memory_.order || memory_.order->group.empty()) return;
  context_.unlock(lock_name(memory_.order->group));
  memory_.order->group.clear();
}

void RebootRun::keep_place(Milliseconds lease) {
  const std::string& group = memory_.order ? memory_.order->group : options_.group;
  if (!group.empty()) context_.try_lock(lock_name(group), options_.group_limit, lease, Milliseconds(0));
}

void RebootRun::run_after_hook() {
  memory_.after_pending = false;
  if (!options_.after || (memory_.order && memory_.order->after_ran)) return;
  const std::string problem = run_hook(context_, *options_.after, options_.hook_timeout);
  memory_.after_pending = !problem.empty();
  if (memory_.order) memory_.order->after_ran = problem.empty();
  if (!problem.empty()) context_.finding(after_failed(problem));
}

void RebootRun::retry_after_hook() {
  if (memory_.after_pending) run_after_hook();
}

bool RebootRun::expected_kernel_runs(const Boot& boot) const {
  const Order& order = *memory_.order;
  if (order.expected_kernel.empty()) return true;
  if (order.expected_package.empty())
    return boot.kernel == order.expected_kernel || is_newer_kernel_of_same_flavour(boot.kernel, order.expected_kernel);
  return boot.kernel == order.expected_kernel && debian_package_version(boot.kernel_version) == order.expected_package;
}

// From the order until it answered again. A later run can only tell when it booted.
Milliseconds RebootRun::time_away(bool in_the_run_that_ordered) {
  const Milliseconds since_order = context_.now() - memory_.order->at;
  if (in_the_run_that_ordered) return since_order;
  const auto facts = context_.facts();
  const Milliseconds since_boot = std::chrono::seconds(facts.uptime_seconds);
  return facts.has_own_kernel() && since_boot < since_order ? since_order - since_boot : since_order;
}

// What boots after the order is judged by the order; a kernel that an earlier reboot did not bring by itself.
void RebootRun::judge_kernel(const Boot& boot) {
  const Order& order = *memory_.order;
  if (!expected_kernel_runs(boot)) {
    context_.finding(kernel_not_booted(order.expected_kernel, order.expected_package, boot.kernel));
    memory_.useless_kernel = order.expected_package.empty() ? order.expected_kernel : order.expected_package;
  } else if (!memory_.useless_kernel.empty()) {
    tell_useless_kernel(ask_needs(context_, memory_.useless_kernel));
  }
}

// Told as long as that kernel is installed and does not run: a run that ends well and is silent about it would count as
// recovery.
void RebootRun::tell_useless_kernel(const Needs& needs) {
  if (!needs.useless_newest.empty())
    context_.finding(kernel_not_booted(needs.useless_newest, needs.useless_package, needs.boot->kernel));
  else if (needs.verdict != Verdict::unknown)
    memory_.useless_kernel.clear();
}

Outcome RebootRun::verify(const Boot& boot, bool in_the_run_that_ordered) {
  const Milliseconds away = time_away(in_the_run_that_ordered);
  if (!memory_.order->back_at) {
    memory_.order->back_at = context_.now();
    checkpoint();
  }
  const Moment back_at = *memory_.order->back_at;
  Moment settled = back_at + options_.settle;
  if (context_.facts().init == "systemd") wait_until_started(context_, settled);
  if (options_.after && !memory_.order->after_ran) {
    run_after_hook();
    checkpoint();
    settled = context_.now() + options_.settle;  // it may start services
  }
  const Rest rest = wait_for_rest(context_, boot, memory_.order->before, options_, settled);
  if (rest.cut_short && context_.now() < back_at + longest_verification) {
    keep_place(unhealthy_lease);  // the lease was for one run
    return end(Outcome::skipped, "the server is back; this task's time was over before it had come to rest, and the "
                                 "next run goes on verifying");
  }
  if (!rest.known && context_.now() < memory_.order->at + options_.return_within)
    return end(Outcome::skipped, "the server came back, and does not answer now; the next run looks again");
  if (!rest.known)
    return server_is_gone(fell_silent(away, rest.problem),
                          "the server came back from the reboot, and does not answer any more");

  report(rest.changes);
  const bool restless = !rest.stable && !rest.booted_again;
  if (rest.booted_again) context_.finding(booted_again());
  if (restless) context_.finding(not_stable(rest.changes, context_.now() - back_at));
  judge_kernel(boot);
  auto fresh = make_watch(memory_.order->before, rest.changes, context_.now());
  const bool has_fresh = fresh.has_value();
  memory_.watch = still_failing(memory_.watch, memory_.order->before);
  // The run that ordered has told of it before the order; a later one must not be silent about it.
  if (memory_.watch && !in_the_run_that_ordered) report(still_there(*memory_.watch, rest.now));
  memory_.watch = merge(std::move(memory_.watch), std::move(fresh));
  if (has_fresh) memory_.watch->since = context_.now();
  // Peers go on only when this one is as healthy as before.
  if (memory_.watch || rest.booted_again || restless) keep_place(unhealthy_lease);
  else give_back_place();
  const Order order = *memory_.order;
  memory_.needed_since.reset();
  memory_.quiet_until = order.window_end.value_or(order.at + quiet_without_window);
  memory_.order.reset();
  forget_jobs();
  context_.metric("reboot_seconds", std::chrono::duration<double>(away).count(), "seconds");
  std::string summary = "rebooted in " + span_text(away);
  if (boot.kernel != order.boot.kernel) summary += " (kernel " + order.boot.kernel + " -> " + boot.kernel + ")";
  if (!order.reasons.empty()) summary += ", because of " + join_reasons(order.reasons);
  if (restless) summary += "; it has not come to rest";
  if (!rest.changes.empty()) summary += "; not as before: " + std::to_string(rest.changes.size());
  return end(Outcome::changed, summary);
}

void RebootRun::report(const std::vector<Change>& changes) {
  std::size_t journals = 0;
  for (const Change& change : changes) {
    const bool wanted = is_unit(change.kind) && journals++ < most_journals;
    context_.finding(broken(change, wanted ? ask_journal(context_, change.name) : ""));
  }
}

}  // namespace maintain::plugins::reboot
