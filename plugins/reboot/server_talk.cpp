#include "reboot/server_talk.hpp"

#include "common/duration.hpp"
#include "reboot/waiting.hpp"

namespace maintain::plugins::reboot {
namespace {

using sdk::Command;
using sdk::Completed;
using sdk::Context;
using sdk::Failure;

constexpr Milliseconds patience = std::chrono::minutes(2);     // for a script that looks around
constexpr Milliseconds boot_patience = std::chrono::seconds(20);

std::string look(Context& context, std::string script, Milliseconds timeout, std::string user) {
  return context.exec({.script = std::move(script), .become_user = std::move(user), .read_only = true, .quiet = true,
                       .timeout = timeout}).output;
}

Command command_of(const Hook& hook, Milliseconds timeout) {
  return {.argv = hook.argv, .script = hook.script, .become_user = "root", .timeout = timeout};
}

// `unless` holds the reboot with 0 and releases it with 1; anything else tells nothing, as when it does not exist.
void ask_unless(Context& context, const Options& options, Inhibitors& found) {
  Command command = command_of(*options.unless, options.hook_timeout);
  command.read_only = true;
  try {
    const Completed done = context.exec(command);
    if (done.ok()) found.reasons.push_back("the project's `unless` command holds it");
    else if ((done.signal != 0 || done.status != 1) && found.problem.empty())
      found.problem = "the project's `unless` command: " + how_it_ended(done);
  } catch (const Failure& failure) {
    if (failure.status() != MAINTAIN_TIMEOUT) throw;
    if (found.problem.empty()) found.problem = std::string("the project's `unless` command: ") + failure.what();
  }
}

}  // namespace

std::string how_it_ended(const Completed& done) {
  std::string text = done.signal != 0 ? "ended by signal " + std::to_string(done.signal)
                                      : "exit status " + std::to_string(done.status);
  const auto words = trim(done.error_output.empty() ? done.output : done.error_output);
  if (!words.empty()) text += ": " + printable(words.substr(words.size() - std::min<std::size_t>(words.size(), 500)));
  return text;
}

Needs ask_needs(Context& context, const std::string& useless_kernel) {
  const bool own_kernel = context.facts().has_own_kernel();
  return parse_needs(look(context, needs_script(), patience, "root"), own_kernel, useless_kernel);
}

Inhibitors ask_inhibitors(Context& context, const Options& options) {
  Inhibitors found = parse_inhibitors(look(context, inhibitors_script(), patience, "root"), options.ignore_users,
                                      options.busy_processes);
  if (options.unless) ask_unless(context, options, found);
  return found;
}

std::optional<Boot> ask_boot(Context& context) {
  return parse_boot(parse_sections(look(context, section_prelude() + boot_sections(), boot_patience, "")));
}

Sample ask_sample(Context& context) {
  const std::string output = look(context, snapshot_script() + boot_sections(), patience, "root");
  return {parse_boot(parse_sections(output)), parse_snapshot(output)};
}

std::string ask_journal(Context& context, const std::string& unit) {
  try {
    return printable(context.exec({.argv = journal_command(unit), .become_user = "root", .read_only = true,
                                   .quiet = true, .timeout = std::chrono::seconds(30), .output_limit = 16 * 1024})
                         .output);
  } catch (const Failure& failure) {
    if (failure.status() == MAINTAIN_CANCELLED) throw;
    return {};
  }
}

std::string run_hook(Context& context, const Hook& hook, Milliseconds timeout) {
  try {
    const Completed done = context.exec(command_of(hook, timeout));
    return done.ok() ? std::string{} : how_it_ended(done);
  } catch (const Failure& failure) {
    if (failure.status() != MAINTAIN_TIMEOUT) throw;
    return failure.what();
  }
}

std::string run_hook_as_job(Context& context, const Hook& hook, Milliseconds timeout) {
  try {
    context.start_job(before_job, command_of(hook, timeout));
  } catch (const Failure& failure) {
    if (failure.status() != MAINTAIN_FAILED) throw;
    return failure.what();
  }
  try {
    const Completed done = context.follow_job(before_job, timeout);
    return done.ok() ? std::string{} : how_it_ended(done);
  } catch (const Failure& failure) {
    if (failure.status() != MAINTAIN_TIMEOUT) throw;
    context.stop_job(before_job);
    return "did not end within " + span_text(timeout) + "; it was ended";
  }
}

}  // namespace maintain::plugins::reboot
