#include "reboot/reboot_tasks.hpp"

#include "common/duration.hpp"
#include "common/duration_option.hpp"
#include "reboot/findings.hpp"
#include "reboot/reboot_run.hpp"
#include "reboot/server_talk.hpp"

namespace maintain::plugins::reboot {
namespace {

using sdk::Context;
using sdk::Json;
using sdk::Outcome;

constexpr Milliseconds default_warn_after = std::chrono::hours(7 * 24);

}  // namespace

std::optional<std::string> RebootIfNeeded::validate(const Json& options) {
  read_options(options);
  return std::nullopt;
}

Outcome RebootIfNeeded::run(Context& context) {
  RebootRun run(context, read_options(context.options()));
  return context.check_mode() ? run.check() : run.run();
}

std::optional<std::string> RebootCheck::validate(const Json& options) {
  duration_option(options, "warn_after");
  return std::nullopt;
}

Outcome RebootCheck::run(Context& context) {
  const Milliseconds warn_after = duration_option(context.options(), "warn_after").value_or(default_warn_after);
  Memory memory = memory_from_json(context.state());
  const Needs needs = ask_needs(context, "");
  if (needs.verdict == Verdict::unknown) {
    context.finding(check_failed(needs.problem));
    context.summary("could not find out whether a reboot is needed");
    return Outcome::failed;
  }
  if (needs.verdict == Verdict::no) {
    memory.needed_since.reset();
    context.set_state(memory_to_json(memory));
    context.summary("no reboot needed (kernel " + needs.boot->kernel + ")");
    return Outcome::ok;
  }
  remember_need(memory, needs, context.now());
  context.set_state(memory_to_json(memory));
  const Milliseconds age = context.now() - *memory.needed_since;
  const std::string reasons = join_reasons(needs.reasons);
  context.summary("a reboot is needed because of " + reasons + ", for " + age_text(age));
  if (age >= warn_after) context.finding(needed_long(reasons, age));
  return Outcome::ok;
}

}  // namespace maintain::plugins::reboot
