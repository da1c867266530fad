// apt.check: what is pending, and what is wrong with the package system. Refreshes the package lists unless told not
// to; changes nothing else.
#include "apt/apt_task.hpp"
#include "apt/upgrade_run.hpp"

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
           .title = "the package lists are " + duration_text(*survey.lists_age) + " old",
           .action = "Set `refresh: true`, or find out why `apt-get update` does not run on the server."}};
}

// The sources that could not be refreshed.
std::vector<SourceProblem> refresh(sdk::Context& context, ServerAccess& access, TaskMemory& memory) {
  const Refresh refreshed = access.refresh();
  if (refreshed.locked) {
    context.log(sdk::Level::info, "the package lists are being refreshed by somebody else");
    return {};
  }
  note_failing_sources(memory, refreshed.problems, context.now());
  return refreshed.problems;
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
  std::vector<SourceProblem> problems;
  if (options.refresh && !context.check_mode()) problems = refresh(context, access, memory_now);
  const PackageSurvey survey = access.packages(options.mode, {});
  const Effects effects = access.effects({});
  report(context, source_findings(problems, memory_now.failing_sources, context.now()));
  report(context, broken_findings(effects.broken, effects.audit));
  if (effects.broken.empty() && !effects.clean()) {
    report(context, {{.state = State::critical, .code = "apt.broken",
                      .title = effects.interrupted ? "dpkg was interrupted" : "the packages' dependencies are not met",
                      .detail = printable(effects.audit + "\n" + effects.check),
                      .action = "On the server, run `dpkg --configure -a` and `apt-get -f install`."}});
  }
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
  report(context, threshold_findings(pending, options));
  report(context, blocklist_findings(options, context.now()));
  report(context, age_findings(survey, options));
  report_pending_metrics(context, pending, context.now());
  if (survey.lists_age) {
    context.metric("apt_lists_age_seconds", std::chrono::duration<double>(*survey.lists_age).count(), "seconds");
  }
  memory_now.pending = memory(pending);
  context.set_state(memory_to_json(memory_now));
  std::string summary = pending.empty() ? "nothing is pending" : "pending: " + pending_text(pending);
  if (!problems.empty()) summary += "; " + counted(problems.size(), "source") + " could not be refreshed";
  context.summary(summary);
  return Outcome::ok;
}

}  // namespace maintain::plugins::apt
