#include "reboot/waiting.hpp"

#include <algorithm>

#include "reboot/server_talk.hpp"

namespace maintain::plugins::reboot {
namespace {

using sdk::Context;
using sdk::Failure;
using sdk::JobPhase;
using std::chrono::seconds;

constexpr Milliseconds reconnect_step = seconds(30);
constexpr Milliseconds deadline_margin = seconds(30);  // to tell what we know before the host ends us

Milliseconds until_or_zero(Context& context, Moment end) {
  return std::max(Milliseconds(0), std::chrono::duration_cast<Milliseconds>(end - context.now()));
}

Moment before_deadline(const Context& context, Moment wanted) {
  return std::min(wanted, Moment(context.deadline() - deadline_margin));
}

// A server on its way down or up may refuse in any way: no connection, no login, no sudo. All of it means "not yet".
void rethrow_if_cancelled(const Failure& failure) {
  if (failure.status() == MAINTAIN_CANCELLED) throw failure;
}

// Why the command that orders the reboot failed; empty when it did not, or when nobody knows.
std::string refusal(Context& context) {
  if (context.find_job(order_job) != JobPhase::finished) return {};
  const auto done = context.follow_job(order_job, seconds(20));
  return done.ok() ? std::string{} : how_it_ended(done);
}

std::string fingerprint(const std::vector<Change>& changes) {
  std::string text;
  for (const Change& change : changes) text += std::string(to_string(change.kind)) + " " + change.name + "\n";
  return text;
}

}  // namespace

Return wait_for_boot(Context& context, const Boot& before, Moment until) {
  until = before_deadline(context, until);
  const Moment start = context.now();
  // Ends: every round sleeps or fails to connect, and the clock goes on.
  for (;;) {
    Return seen{.kind = Return::Kind::unreachable};
    try {
      const auto boot = ask_boot(context);
      if (boot && booted_anew(before, *boot)) return {.kind = Return::Kind::booted, .boot = *boot};
      if (boot) seen.kind = Return::Kind::unchanged;
      else seen.problem = "it answers, but does not say which boot it runs";
      if (const std::string why = boot ? refusal(context) : ""; !why.empty())
        return {.kind = Return::Kind::refused, .problem = why};
    } catch (const Failure& failure) {
      rethrow_if_cancelled(failure);
      seen.kind = Return::Kind::unreachable;
      seen.problem = failure.what();
    }
    const Milliseconds left = until_or_zero(context, until);
    if (left.count() == 0) return seen;
    if (seen.kind == Return::Kind::unreachable) {
      try {
        context.reconnect(std::min(left, reconnect_step));
        if (until_or_zero(context, until).count() == 0) continue;
      } catch (const Failure& failure) {
        rethrow_if_cancelled(failure);
      }
    }
    const Milliseconds pause = context.now() - start < seconds(60) ? seconds(1) : seconds(5);
    context.sleep(std::min(pause, std::max(until_or_zero(context, until), Milliseconds(1))));
  }
}

void wait_until_started(Context& context, Moment until) {
  const Moment end = before_deadline(context, until);
  while (context.now() < end) {
    try {
      const auto done = context.exec({.argv = {"systemctl", "is-system-running"}, .read_only = true, .quiet = true,
                                      .timeout = seconds(20)});
      const auto word = trim(done.output);
      if (word != "initializing" && word != "starting") return;
    } catch (const Failure& failure) {
      rethrow_if_cancelled(failure);
    }
    context.sleep(seconds(2));
  }
}

Rest wait_for_rest(Context& context, const Boot& boot, const ServerSnapshot& before, const Options& options,
                   Moment settled) {
  const Moment wanted = std::max(settled, context.now()) + 2 * options.stable_for;
  const Moment last = before_deadline(context, wanted);
  Rest rest;
  std::string seen;
  Moment since{};
  // Ends: every round sleeps or fails to connect, and `last` passes.
  for (;;) {
    try {
      Sample sample = ask_sample(context);
      const Moment now = context.now();
      if (!sample.boot) throw Failure(MAINTAIN_FAILED, "it does not say which boot it runs");
      if (booted_anew(boot, *sample.boot)) rest.booted_again = true;
      rest.changes = compare(before, sample.snapshot);
      rest.now = std::move(sample.snapshot);
      const std::string print = fingerprint(rest.changes);
      if (!rest.known || print != seen) since = now;
      seen = print;
      rest.known = true;
      rest.problem.clear();
      const bool moving = std::any_of(rest.changes.begin(), rest.changes.end(),
                                      [](const Change& change) { return change.settling; });
      if (rest.booted_again) return rest;
      rest.stable = now - since >= options.stable_for && (!moving || now >= settled);
      if (rest.stable) return rest;
    } catch (const Failure& failure) {
      rethrow_if_cancelled(failure);
      rest.known = false;
      rest.problem = failure.what();
    }
    const Milliseconds left = until_or_zero(context, last);
    if (left.count() == 0) {
      rest.cut_short = last < wanted;
      return rest;
    }
    if (!rest.known) {
      try {
        context.reconnect(std::min(left, reconnect_step));
      } catch (const Failure& failure) {
        rethrow_if_cancelled(failure);
      }
    }
    const Milliseconds pause = std::clamp(Milliseconds(options.stable_for / 8), Milliseconds(seconds(1)),
                                          Milliseconds(seconds(15)));
    context.sleep(std::min(pause, std::max(until_or_zero(context, last), Milliseconds(1))));
  }
}

}  // namespace maintain::plugins::reboot
