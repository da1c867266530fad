#include "apt/upgrade_run.hpp"

#include <algorithm>

namespace maintain::plugins::apt {
namespace {

using sdk::Failure;
using sdk::JobPhase;
using sdk::Level;
using sdk::Outcome;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view job_name = "upgrade";
constexpr std::size_t most_output = 8UL << 20;
// For looking at what the upgrade did, before the host ends the task.
constexpr Milliseconds reserve = minutes(4);

std::string_view what(JobKind kind) {
  switch (kind) {
    case JobKind::repair: return "the repair of dpkg's state";
    case JobKind::kernels: return "the removal of old kernels";
    case JobKind::upgrade: break;
  }
  return "the upgrade";
}

std::vector<PlannedChange> without_origins(std::vector<PlannedChange> changes) {
  for (PlannedChange& change : changes) change.origins.clear();
  return changes;
}

bool brings_kernel(const std::vector<PlannedChange>& changes) {
  return std::any_of(changes.begin(), changes.end(), [](const PlannedChange& change) {
    return !change.to.empty() && change.name.starts_with("linux-image-");
  });
}

// Counts the packages of the plan that are done, in output that comes in pieces.
class ProgressCounter {
 public:
  explicit ProgressCounter(std::size_t total) : total_(total) {}
  bool feed(const std::string& output) {
    constexpr std::string_view mark = "\nSetting up ";
    const std::size_t before = done_;
    for (std::size_t at; (at = output.find(mark, position_)) != std::string::npos; position_ = at + mark.size()) ++done_;
    return done_ != before;
  }
  std::size_t done() const { return std::min(done_, total_); }
  std::size_t total() const { return total_; }

 private:
  std::size_t total_;
  std::size_t done_ = 0;
  std::size_t position_ = 0;
};

}  // namespace

UpgradeRun::UpgradeRun(sdk::Context& context)
    : context_(context),
      options_(read_options(context.options())),
      memory_(memory_from_json(context.state())),
      access_(context) {}

Outcome UpgradeRun::run() {
  if (context_.check_mode()) return preview();
  End end = resume();
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

// ---- jobs

UpgradeRun::JobEnd UpgradeRun::run_job(JobRecord record, const std::string& script, std::vector<std::string> arguments,
                                       bool new_conffiles) {
  record.started = context_.now();
  record.before = before_snapshot();
  const JobKind kind = record.kind;
  const std::size_t packages = record.plan.size();
  memory_.job = std::move(record);
  context_.checkpoint(memory_to_json(memory_));
  context_.start_job(job_name, {.argv = std::move(arguments), .script = script, .become_user = "root",
                                .environment = quiet_environment(new_conffiles)});
  return follow(kind, packages);
}

UpgradeRun::JobEnd UpgradeRun::follow(JobKind kind, std::size_t packages) {
  JobEnd end;
  ProgressCounter counter(packages);
  const Milliseconds left = std::max(context_.deadline() - context_.now() - reserve, Milliseconds(minutes(1)));
  const Moment until = context_.now() + left;
  try {
    context_.follow_job(job_name, left, options_.idle_timeout, [&](std::string_view piece) {
      end.output += piece.substr(0, most_output - std::min(most_output, end.output.size()));
      if (counter.feed(end.output)) context_.progress(counter.done(), counter.total(), "packages");
    });
    return end;
  } catch (const Failure& failure) {
    if (failure.status() == MAINTAIN_FAILED) {
      end.how = JobEnd::How::lost;
    } else if (failure.status() != MAINTAIN_TIMEOUT) {
      throw;  // the job goes on; the next run follows it
    } else if (context_.now() >= until) {
      end.how = JobEnd::How::still_running;
    } else {
      end.how = JobEnd::How::hung;
    }
  }
  context_.log(Level::warning, std::string(what(kind)) + " did not end while it was watched");
  return end;
}

// What is the same for every kind of job that did not finish; nothing: it finished.
UpgradeRun::End UpgradeRun::end_early(const JobEnd& end, JobKind kind) {
  switch (end.how) {
    case JobEnd::How::finished: return std::nullopt;
    case JobEnd::How::still_running:
      context_.summary(std::string(what(kind)) + " still runs; the next run follows it");
      return Outcome::skipped;
    case JobEnd::How::hung:
      report({{.state = sdk::State::critical, .code = "apt.hung",
               .title = std::string(what(kind)) + " printed nothing for " + duration_text(options_.idle_timeout) +
                        " and was ended",
               .detail = printable(last_lines(end.output, 15)),
               .action = "Find out what it waited for. The next run repairs dpkg's state first."}});
      context_.stop_job(job_name, seconds(30));
      if (context_.find_job(job_name) != JobPhase::running) forget_job();
      context_.summary("ended " + std::string(what(kind)) + ", which hung");
      return Outcome::failed;
    case JobEnd::How::lost:
      report({{.state = sdk::State::warning, .code = "apt.interrupted",
               .title = "the server went down during " + std::string(what(kind)),
               .detail = printable(last_lines(end.output, 15)),
               .action = "Find out why it went down. The next run repairs dpkg's state first."}});
      forget_job();
      context_.summary("the server went down during " + std::string(what(kind)));
      return Outcome::failed;
  }
  return Outcome::failed;
}

void UpgradeRun::forget_job() {
  memory_.job.reset();
  job_ended_ = true;
}

// Only when what it came to has been reported: a crash up to there finds the job again.
void UpgradeRun::collect_job() {
  if (job_ended_) context_.collect_job(job_name);
  job_ended_ = false;
}

UpgradeRun::End UpgradeRun::resume() {
  const JobPhase phase = context_.find_job(job_name);
  if (phase == JobPhase::none) {
    memory_.job.reset();  // it was about to be started when we were killed
    return std::nullopt;
  }
  const JobRecord record = memory_.job.value_or(JobRecord{.before = nullptr});
  context_.log(Level::info, "there is a job of an earlier run: " + std::string(what(record.kind)));
  if (record.before.is_object()) before_ = record.before;
  JobEnd end;
  if (phase == JobPhase::lost) end.how = JobEnd::How::lost;
  else end = follow(record.kind, record.plan.size());
  if (end.how == JobEnd::How::lost) {
    end_early(end, record.kind);
    collect_job();
    return std::nullopt;  // from the start, which begins with the repair
  }
  if (const End early = end_early(end, record.kind)) return early;
  forget_job();
  if (record.kind == JobKind::upgrade) return conclude_upgrade(record, end.output);
  const End over = record.kind == JobKind::repair ? conclude_repair(end.output) : conclude_kernels(end.output);
  if (!over) collect_job();
  return over;
}

// ---- steps

UpgradeRun::End UpgradeRun::wait_for_locks() {
  state_ = access_.state();
  const Moment until = context_.now() + options_.lock_wait;
  while (!state_.locks.empty()) {
    if (context_.now() >= until) return defer(state_.locks);
    context_.sleep(seconds(10));
    state_.locks = access_.locks();
    if (state_.locks.empty()) state_ = access_.state();  // whoever held them may have changed anything
  }
  memory_.locked_since.reset();
  return std::nullopt;
}

Outcome UpgradeRun::defer(const std::vector<LockHolder>& holders) {
  if (!memory_.locked_since) memory_.locked_since = context_.now();
  report(lock_findings(holders, *memory_.locked_since, context_.now(), options_));
  context_.summary(holders.empty() ? std::string("deferred: somebody else is using apt")
                                   : "deferred: " + printable(holders.front().command.empty() ? "process " + holders.front().pid
                                                                                            : holders.front().command) +
                                         " holds " + printable(holders.front().lock));
  return Outcome::skipped;
}

UpgradeRun::End UpgradeRun::repair() {
  if (state_.broken.empty() && !state_.interrupted) return std::nullopt;
  context_.output("dpkg was interrupted, " + counted(state_.broken.size(), "package") + " to repair\n");
  const JobEnd end = run_job({.kind = JobKind::repair}, repair_script(), {}, false);
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
  if (refresh.any_source || source_problems_.empty()) return std::nullopt;
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
  const bool anything = !survey_->simulate.changes.empty();
  const Findings full = anything ? disk_findings(state_.disks, survey_->sizes, brings_kernel(survey_->simulate.changes), options_)
                                 : Findings{};
  if (full.empty()) return std::nullopt;
  report(full);
  report_sources();
  context_.summary(full.front().title);
  return Outcome::failed;
}

UpgradeRun::End UpgradeRun::hold_back_conffiles() {
  pending_ = classify(*survey_, options_, {}, memory_.pending, context_.now());
  std::vector<PendingPackage> candidates;
  for (const PendingPackage& package : pending_) {
    const bool wanted = package.kind == PendingClass::security || package.kind == PendingClass::other;
    if (wanted && conffile_policy(options_, package.name) == ConffilePolicy::hold_back) candidates.push_back(package);
  }
  if (candidates.empty()) return std::nullopt;
  conflicts_ = access_.conffile_conflicts(options_.mode, pins_for(pending_, *survey_, options_, context_.now()), candidates);
  if (!conflicts_.empty()) pending_ = classify(*survey_, options_, conflicts_, memory_.pending, context_.now());
  return std::nullopt;
}

Outcome UpgradeRun::upgrade() {
  UpgradeJob job{.mode = options_.mode, .new_conffiles = options_.conffiles == ConffilePolicy::take_new,
                 .pins = pins_for(pending_, *survey_, options_, context_.now())};
  Simulation plan = survey_->simulate;
  if (!job.pins.empty()) {
    PackageSurvey pinned = access_.packages(options_.mode, job.pins);
    if (!pinned.problem.empty()) throw Failure(MAINTAIN_FAILED, "apt cannot plan the upgrade: " + pinned.problem);
    plan = std::move(pinned.simulate);
  }
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

// ---- dry run

Outcome UpgradeRun::preview() {
  if (context_.find_job(job_name) == JobPhase::running) {
    context_.summary("an upgrade is under way");
    return Outcome::ok;
  }
  state_ = access_.state();
  if (const End end = survey()) return *end;
  pending_ = classify(*survey_, options_, {}, memory_.pending, context_.now());
  const auto pins = pins_for(pending_, *survey_, options_, context_.now());
  Simulation plan = survey_->simulate;
  if (!pins.empty()) {
    plan = access_.packages(options_.mode, pins).simulate;
    note_kept_back(pending_, plan, options_.mode);
  }
  std::vector<DoneChange> changes;
  for (const PlannedChange& change : plan.changes) changes.push_back({.name = change.name, .from = change.from, .to = change.to});
  if (!state_.locks.empty()) context_.output("a lock is held by process " + state_.locks.front().pid + "\n");
  if (state_.interrupted || !state_.broken.empty()) context_.output("dpkg's state would be repaired first\n");
  if (options_.autoremove_kernels) {
    for (const std::string& name : removable_kernel_packages(survey_->autoremovable, state_.kernel_images, state_.kernel)) {
      context_.output("would remove the old kernel package " + name + "\n");
    }
  }
  context_.output(change_lines(changes));
  report(pending_findings(pending_, options_, context_.now()));
  report_pending_metrics(context_, pending_, context_.now());
  std::string age = survey_->lists_age ? ", by package lists from " + duration_text(*survey_->lists_age) + " ago" : "";
  context_.summary((changes.empty() ? "nothing would be upgraded" : "would change " + counted(changes.size(), "package")) + age);
  return Outcome::ok;
}

}  // namespace maintain::plugins::apt
