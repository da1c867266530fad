// The dry run of apt.upgrade.
#include "apt/upgrade_run.hpp"

#include "common/duration.hpp"

namespace maintain::plugins::apt {

using sdk::Outcome;

Outcome UpgradeRun::preview() {
  if (job_is_running()) {
    context_.summary("an upgrade is under way");
    return Outcome::ok;
  }
  state_ = access_.state();
  if (const End end = survey()) return *end;
  pending_ = classify(*survey_, options_, {}, memory_.pending, context_.now());
  const auto pins = pins_for(pending_, *survey_, options_, context_.now());
  Simulation plan;
  if (const End end = plan_with(pins, plan)) return *end;
  if (!pins.empty()) note_kept_back(pending_, plan, options_.mode);
  std::vector<DoneChange> changes;
  std::vector<std::string> names;
  for (const PlannedChange& change : plan.changes) {
    changes.push_back({.name = change.name, .from = change.from, .to = change.to});
    names.push_back(change.name);
  }
  if (!state_.locks.empty()) {
    context_.output("a lock is held by " + holder_name(state_.locks.front()) + ", process " +
                    printable(state_.locks.front().pid) + "\n");
  }
  if (state_.interrupted || !state_.broken.empty()) context_.output("dpkg's state would be repaired first\n");
  if (options_.autoremove_kernels) {
    for (const std::string& name : removable_kernel_packages(survey_->autoremovable, state_.kernel_images,
                                                             state_.kernel)) {
      context_.output("would remove the old kernel package " + name + "\n");
    }
  }
  context_.output(change_lines(changes));
  const Findings full = disks_too_full();
  report(full);
  report(pending_findings(pending_, options_, context_.now()));
  report(partly_unknown_findings(*survey_));
  report_pending_metrics(context_, pending_, context_.now());
  std::string summary = changes.empty() ? "nothing would be upgraded"
                                        : "would change " + counted(changes.size(), "package") + ": " +
                                        some_names(names);
  if (!full.empty()) summary = full.front().title + "; otherwise: " + summary;
  if (survey_->lists_age) summary += ", by package lists from " + age_text(*survey_->lists_age) + " ago";
  context_.summary(summary);
  return Outcome::ok;
}

}  // namespace maintain::plugins::apt
