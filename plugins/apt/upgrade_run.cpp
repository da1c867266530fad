#include "apt/upgrade_run.hpp"

#include <algorithm>

namespace maintain::plugins::apt {
namespace {

using sdk::Outcome;
using std::chrono::seconds;

std::vector<PlannedChange> without_origins(std::vector<PlannedChange> changes) {
  for (PlannedChange& change : changes) change.origins.clear();
  return changes;
}

}  // namespace

UpgradeRun::UpgradeRun(sdk::Context& context)
    : context_(context),
      options_(read_options(context.options())),
      memory_(memory_from_json(context.state())),
      access_(context) {}

Outcome UpgradeRun::run() {
  if (context_.check_mode()) return preview();
  End end = resume();
  // Due only for a job, and now is no time for an upgrade: what the job left undone is repaired, the rest waits.
  const bool only_for_the_job = context_.reattaching() && !context_.scheduled();
  if (!end && only_for_the_job) end = wait_for_locks();
  if (!end && only_for_the_job) end = repair();
  if (!end && only_for_the_job) {
    context_.summary("the job of an earlier run is over; upgrades wait for their time");
    end = Outcome::skipped;
  }
  const Outcome outcome = end ? *end : from_the_start();
  context_.set_state(memory_to_json(memory_));
  collect_job();
  return outcome;
}

Outcome UpgradeRun::from_the_start() {
  using Step = End (UpgradeRun::*)();
  for (const Step step : {&UpgradeRun::wait_for_locks, &UpgradeRun::repair, &UpgradeRun::refresh, &UpgradeRun::survey,
                          &UpgradeRun::remove_old_kernels, &UpgradeRun::check_disks,
                          &UpgradeRun::hold_back_conffiles}) {
    if (const End end = (this->*step)()) return *end;
  }
  return upgrade();
}

UpgradeRun::End UpgradeRun::wait_for_locks() {
  state_ = access_.state();
  const Moment until = context_.now() + options_.lock_wait;
  while (!state_.locks.empty()) {
    note_lock(memory_, state_.locks, context_.now());  // from now on, not from when we gave up
    if (context_.now() >= until) return defer(state_.locks);
    context_.sleep(seconds(10));
    state_.locks = access_.locks();
    if (state_.locks.empty()) state_ = access_.state();  // whoever held them may have changed anything
  }
  memory_.lock.reset();
  return std::nullopt;
}

Outcome UpgradeRun::defer(const std::vector<LockHolder>& holders) {
  note_lock(memory_, holders, context_.now());
  report(lock_findings(holders, memory_.lock->since, context_.now(), options_));
  context_.summary(holders.empty() ? std::string("deferred: somebody else is using apt")
                                   : "deferred: " + holder_name(holders.front()) + " holds " +
                                         printable(holders.front().lock));
  return Outcome::skipped;
}

UpgradeRun::End UpgradeRun::repair() {
  if (state_.broken.empty() && !state_.interrupted) return std::nullopt;
  context_.output("dpkg was interrupted, " + counted(state_.broken.size(), "package") + " to repair\n");
  const JobEnd end = run_job({.kind = JobKind::repair}, repair_script(), repair_arguments(options_.mode), false);
  if (const End early = end_early(end, JobKind::repair)) return early;
  forget_job();
  const End over = conclude_repair(end.output);
  if (!over) collect_job();
  return over;
}

UpgradeRun::End UpgradeRun::refresh() {
  const Refresh refresh = access_.refresh();
  if (refresh.locked) return defer(access_.locks());
  source_problems_ = refresh.problems;
  note_failing_sources(memory_, source_problems_, context_.now());
  if (refresh.no_source()) {
    report(no_source_findings());
    context_.summary("the server has no package source: whether there are updates is not known");
    return Outcome::failed;
  }
  if (refresh.any_source) return std::nullopt;
  report_sources();
  context_.summary("the package lists could not be refreshed: whether there are updates is not known");
  return Outcome::failed;
}

UpgradeRun::End UpgradeRun::survey() {
  survey_ = access_.packages(options_.mode, {});
  if (survey_->problem.empty()) return std::nullopt;
  report_sources();
  report(unusable_findings(survey_->problem));
  context_.summary("apt cannot plan an upgrade");
  return Outcome::failed;
}

UpgradeRun::End UpgradeRun::remove_old_kernels() {
  if (!options_.autoremove_kernels) return std::nullopt;
  const auto names = removable_kernel_packages(survey_->autoremovable, state_.kernel_images, state_.kernel);
  if (names.empty()) return std::nullopt;
  JobRecord record{.kind = JobKind::kernels};
  for (const std::string& name : names) record.plan.push_back({.name = name});
  const JobEnd end = run_job(std::move(record), purge_script(), names, false);
  if (const End early = end_early(end, JobKind::kernels)) return early;
  forget_job();
  if (const End over = conclude_kernels(end.output)) return over;
  collect_job();
  state_ = access_.state();  // there is more room now
  return std::nullopt;
}

UpgradeRun::End UpgradeRun::check_disks() {
  const Findings full = disks_too_full();
  if (full.empty()) return std::nullopt;
  report(full);
  report_sources();
  context_.summary(full.front().title);
  return Outcome::failed;
}

Findings UpgradeRun::disks_too_full() const {
  const std::vector<PlannedChange>& changes = survey_->simulate.changes;
  const bool brings_kernel = std::any_of(changes.begin(), changes.end(), [](const PlannedChange& change) {
    return !change.to.empty() && change.name.starts_with("linux-image-");
  });
  return changes.empty() ? Findings{} : disk_findings(state_.disks, survey_->sizes, brings_kernel, options_);
}

UpgradeRun::End UpgradeRun::hold_back_conffiles() {
  pending_ = classify(*survey_, options_, {}, memory_.pending, context_.now());
  std::vector<PendingPackage> candidates;
  for (const PendingPackage& package : pending_) {
    const bool wanted = package.kind == PendingClass::security || package.kind == PendingClass::other;
    if (wanted && conffile_policy(options_, package.name) == ConffilePolicy::hold_back) candidates.push_back(package);
  }
  if (candidates.empty()) return std::nullopt;
  conflicts_ = access_.conffile_conflicts(options_.mode, pins_for(pending_, *survey_, options_, context_.now()),
                                          candidates);
  if (!conflicts_.empty()) pending_ = classify(*survey_, options_, conflicts_, memory_.pending, context_.now());
  return std::nullopt;
}

// What the upgrade comes to with these pins.
UpgradeRun::End UpgradeRun::plan_with(const std::vector<Pin>& pins, Simulation& plan) {
  plan = survey_->simulate;
  if (pins.empty()) return std::nullopt;
  PackageSurvey pinned = access_.packages(options_.mode, pins);
  const auto despite = changes_despite(pins, pinned.simulate);
  if (pinned.problem.empty() && despite.empty()) {
    plan = std::move(pinned.simulate);
    return std::nullopt;
  }
  report_sources();
  report(pinned.problem.empty() ? ineffective_findings(despite) : unusable_findings(pinned.problem));
  context_.summary(pinned.problem.empty()
                   ? "the server's own pins are stronger than what is to stay as it is; nothing was upgraded"
                                          : "apt cannot plan an upgrade");
  return Outcome::failed;
}

Outcome UpgradeRun::upgrade() {
  UpgradeJob job{.mode = options_.mode, .new_conffiles = options_.conffiles == ConffilePolicy::take_new,
                 .pins = pins_for(pending_, *survey_, options_, context_.now())};
  Simulation plan;
  if (const End end = plan_with(job.pins, plan)) return *end;
  for (const PlannedChange& change : plan.changes) {
    const ConffilePolicy policy = conffile_policy(options_, change.name);
    const bool takes_new = policy == ConffilePolicy::take_new;
    if (change.is_upgrade() && takes_new != job.new_conffiles) {
      job.other.push_back({.package = change.name, .version = change.from});
    }
  }
  JobRecord record{.kind = JobKind::upgrade, .plan = without_origins(plan.changes), .conflicts = conflicts_};
  if (plan.changes.empty()) {
    record.before = before_.value_or(sdk::Json(nullptr));
    return conclude_upgrade(record, {});
  }
  const JobEnd end = run_job(record, upgrade_script(), upgrade_arguments(job), job.new_conffiles);
  if (const End early = end_early(end, JobKind::upgrade)) return *early;
  record = *memory_.job;
  forget_job();
  return conclude_upgrade(record, end.output);
}

}  // namespace maintain::plugins::apt
