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
constexpr Milliseconds unhealthy_lease = std::chrono::hours(24);  // peers of a server that is not well wait so long
constexpr Milliseconds grace_of_later_run = std::chrono::minutes(2);
constexpr std::size_t most_journals = 10;

bool is_unit(ChangeKind kind) {
  return kind == ChangeKind::unit_failed || kind == ChangeKind::unit_stopped || kind == ChangeKind::unit_restarting;
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
  if (context_.now() - memory_.order->at < grace_of_later_run) return false;
  try {
    const auto boot = ask_boot(context_);
    return boot && !booted_anew(memory_.order->boot, *boot) && context_.find_job(order_job) == JobPhase::none;
  } catch (const Failure& failure) {
    if (failure.status() == MAINTAIN_CANCELLED) throw;
    return false;  // it may be on its way down
  }
}

Outcome RebootRun::forget_order_never_given() {
  run_after_hook();
  if (!memory_.order->group.empty()) context_.unlock(lock_name(memory_.order->group));
  memory_.order.reset();
  checkpoint();
  context_.collect_job(order_job);  // for the host, which made this run due, perhaps outside the window
  return end(Outcome::skipped, "an earlier run was stopped before it ordered the reboot; the next one decides anew");
}

Outcome RebootRun::forget_damaged_order() {
  memory_.order.reset();
  memory_.quiet_until = context_.now() + quiet_without_window;
  forget_job();
  return end(Outcome::skipped, "the memory of an ordered reboot is damaged; no reboot for a day");
}

Outcome RebootRun::follow_up_refused() {
  const auto boot = ask_boot(context_);
  if (boot && booted_anew(memory_.order->boot, *boot)) return verify(*boot, false);
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
  if (seen.kind == Return::Kind::unreachable) return server_is_gone(seen.problem);
  return give_up(seen.kind, seen.problem);
}

Outcome RebootRun::server_is_gone(const std::string& problem) {
  const Milliseconds age = context_.now() - memory_.order->at;
  context_.finding(server_gone(*memory_.order, age, problem));
  if (!memory_.order->group.empty()) {
    context_.try_lock(lock_name(memory_.order->group), options_.group_limit, unhealthy_lease, Milliseconds(0));
  }
  return end(Outcome::failed, "the server has not come back from the reboot ordered " + span_text(age) + " ago");
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
  checkpoint();
  forget_job();
  if (!order.group.empty()) context_.unlock(lock_name(order.group));
  order.group.clear();
  return end(Outcome::failed, refused ? "the server refused the order to reboot"
                                      : "the reboot ordered " + span_text(age) + " ago did not happen");
}

void RebootRun::forget_job() {
  if (context_.find_job(order_job) == JobPhase::running) context_.stop_job(order_job);
  context_.collect_job(order_job);
}

void RebootRun::run_after_hook() {
  if (!options_.after || memory_.order->after_ran) return;
  const std::string problem = run_hook(context_, *options_.after, options_.hook_timeout);
  memory_.order->after_ran = true;
  if (!problem.empty()) context_.finding(after_failed(problem));
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

Outcome RebootRun::verify(const Boot& boot, bool in_the_run_that_ordered) {
  const Milliseconds away = time_away(in_the_run_that_ordered);
  if (context_.facts().init == "systemd") wait_until_started(context_, options_.settle);
  if (options_.after && !memory_.order->after_ran) {
    run_after_hook();
    checkpoint();
  }
  const Rest rest = wait_for_rest(context_, boot, memory_.order->before, options_);
  if (!rest.known && context_.now() < memory_.order->at + options_.return_within)
    return end(Outcome::skipped, "the server came back, and does not answer now; the next run looks again");
  if (!rest.known) return server_is_gone("It came back after " + span_text(away) + ", then: " + rest.problem);

  const Order order = *memory_.order;
  report(rest.changes);
  if (rest.booted_again) context_.finding(booted_again());
  if (!expected_kernel_runs(boot)) {
    context_.finding(kernel_not_booted(order, boot));
    memory_.useless_kernel = order.expected_package.empty() ? order.expected_kernel : order.expected_package;
  }
  memory_.watch = merge(std::move(memory_.watch), make_watch(order.before, rest.changes, context_.now()));
  memory_.needed_since.reset();
  memory_.quiet_until = order.window_end.value_or(order.at + quiet_without_window);
  memory_.order.reset();
  forget_job();
  if (!order.group.empty()) {
    // Peers go on only when this one is as healthy as before.
    if (memory_.watch || rest.booted_again)
      context_.try_lock(lock_name(order.group), options_.group_limit, unhealthy_lease, Milliseconds(0));
    else
      context_.unlock(lock_name(order.group));
  }
  context_.metric("reboot_seconds", std::chrono::duration<double>(away).count(), "seconds");
  std::string summary = "rebooted in " + span_text(away);
  if (boot.kernel != order.boot.kernel) summary += " (kernel " + order.boot.kernel + " -> " + boot.kernel + ")";
  if (!order.reasons.empty()) summary += ", because of " + join_reasons(order.reasons);
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
