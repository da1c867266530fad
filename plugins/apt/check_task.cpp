// apt.check: what is pending, and what is wrong with the package system. Refreshes the package lists unless told not
// to; changes nothing else.
#include "apt/apt_task.hpp"
#include "apt/upgrade_run.hpp"
#include "common/duration.hpp"

namespace maintain::plugins::apt {
namespace {

using sdk::Outcome;
using sdk::State;

void report(sdk::Context& context, const Findings& findings) {
  for (const sdk::Finding& finding : findings) context.finding(finding);
}

// Lists that nobody refreshes make everything look well.
Findings age_findings(const PackageSurvey& survey, const Options& options) {
  if (!survey.lists_age || *survey.lists_age < options.lists_age) return {};
  return {{.state = State::warning, .code = "apt.lists_stale",
           .title = "the package lists are " + age_text(*survey.lists_age) + " old",
           .action = "Set `refresh: true`, or find out why `apt-get update` does not run on the server."}};
}

Refresh refresh(sdk::Context& context, ServerAccess& access, TaskMemory& memory) {
  Refresh refreshed = access.refresh();
  if (refreshed.locked) {
    context.log(sdk::Level::info, "the package lists are being refreshed by somebody else");
    refreshed.problems.clear();
    return refreshed;
  }
  note_failing_sources(memory, refreshed.problems, context.now());
  return refreshed;
}

}  // namespace

std::optional<std::string> CheckTask::validate(const sdk::Json& options) {
  read_options(options);
  return std::nullopt;
}

Outcome CheckTask::run(sdk::Context& context) {
  const Options options = read_options(context.options());
  TaskMemory memory_now = memory_from_json(context.state());
  ServerAccess access(context);
  const bool asked = options.refresh && !context.check_mode();
  const Refresh refreshed = asked ? refresh(context, access, memory_now) : Refresh{};
  const bool no_source = asked && refreshed.no_source();
  PackageSurvey survey = access.packages(options.mode, {});
  // Lists that did not change upstream keep their age although they were just asked for.
  if (refreshed.any_source) survey.lists_age = Milliseconds(0);
  const Effects effects = access.effects({});
  report(context, source_findings(refreshed.problems, memory_now.failing_sources, context.now()));
  if (no_source) report(context, no_source_findings());
  report(context, package_system_findings(effects));
  report(context, leftover_findings(effects.leftovers, options));
  report(context, stale_findings(effects.stale));
  report(context, reboot_findings(effects.reboot));
  if (!survey.problem.empty()) {
    report(context, unusable_findings(survey.problem));
    context.set_state(memory_to_json(memory_now));
    context.summary("apt cannot say what is pending");
    return Outcome::failed;
  }
  const auto pending = classify(survey, options, {}, memory_now.pending, context.now());
  report(context, pending_findings(pending, options, context.now()));
  report(context, partly_unknown_findings(survey));
  report(context, threshold_findings(pending, options));
  report(context, blocklist_findings(options, context.now()));
  report(context, age_findings(survey, options));
  report_pending_metrics(context, pending, context.now());
  if (survey.lists_age) {
    context.metric("apt_lists_age_seconds", std::chrono::duration<double>(*survey.lists_age).count(), "seconds");
  }
  memory_now.pending = memory(pending, survey, memory_now.pending);
  context.set_state(memory_to_json(memory_now));
  std::string summary = pending.empty() ? "nothing is pending" : "pending: " + pending_text(pending);
  if (!refreshed.problems.empty())
    summary += "; " + counted(refreshed.problems.size(), "source") + " could not be refreshed";
  if (no_source) summary = "the server has no package source: whether anything is pending is not known";
  context.summary(summary);
  return no_source ? Outcome::failed : Outcome::ok;
}

}  // namespace maintain::plugins::apt
