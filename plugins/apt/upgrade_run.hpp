// One run of apt.upgrade: its steps in their order.
//
// Everything that runs maintainer scripts is a detached job, named "upgrade" whatever it does, so that a lost
// connection or a killed maintenance server never leaves a half-configured server behind: the next run finds the job
// by that name, and what it was about in the task's state.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "apt/options.hpp"
#include "apt/server_access.hpp"
#include "apt/task_memory.hpp"

namespace maintain::plugins::apt {

class UpgradeRun {
 public:
  explicit UpgradeRun(sdk::Context& context);
  sdk::Outcome run();

 private:
  // Nothing: go on with the next step.
  using End = std::optional<sdk::Outcome>;

  // How following a job ended.
  struct JobEnd {
    enum class How { finished, still_running, hung, lost } how = How::finished;
    std::string output = {};
  };

  sdk::Outcome preview();
  End resume();
  sdk::Outcome from_the_start();
  End wait_for_locks();
  sdk::Outcome defer(const std::vector<LockHolder>& holders);
  End repair();
  End refresh();
  End survey();
  End remove_old_kernels();
  End check_disks();
  Findings disks_too_full() const;
  End hold_back_conffiles();
  End plan_with(const std::vector<Pin>& pins, Simulation& plan);
  sdk::Outcome upgrade();

  JobEnd run_job(JobRecord record, const std::string& script, std::vector<std::string> arguments, bool new_conffiles);
  JobEnd follow(JobKind kind, std::size_t packages);
  bool answers();
  bool job_is_running();
  End end_early(const JobEnd& end, JobKind kind);
  void forget_job();   // what it came to is about to be reported
  void collect_job();  // it has been

  // After a repair or a removal of kernels.
  End conclude_repair(const std::string& output);
  End conclude_kernels(const std::string& output);
  // After an upgrade: what really happened.
  sdk::Outcome conclude_upgrade(const JobRecord& record, const std::string& output);
  std::vector<std::string> not_at_target(const JobRecord& record, const Effects& effects);
  bool restart_services(std::vector<StaleService>& stale);
  bool compare_with_before(const sdk::Json& before);  // upgrade_comparison.cpp
  std::string summary_of(const JobRecord& record, const std::vector<std::string>& missing, bool nothing_ran,
                         std::size_t changed) const;

  void report(const Findings& findings);
  void report_pending();
  void report_change(const JobOutput& output);
  void report_sources();
  sdk::Json before_snapshot();

  sdk::Context& context_;
  Options options_;
  TaskMemory memory_;
  ServerAccess access_;

  ServerState state_ = {};
  std::optional<PackageSurvey> survey_ = {};
  ConffileConflicts conflicts_ = {};
  std::vector<PendingPackage> pending_ = {};
  std::vector<SourceProblem> source_problems_ = {};
  std::optional<sdk::Json> before_ = {};
  std::vector<DoneChange> changes_ = {};  // of all jobs of this run
  bool changed_ = false;
  bool job_ended_ = false;                // and waits to be collected
};

// What both tasks report of pending packages.
void report_pending_metrics(sdk::Context& context, const std::vector<PendingPackage>& pending, Moment now);
// "2 security fixes and 3 other updates; 1 held"; empty when there are none
std::string pending_text(const std::vector<PendingPackage>& pending);

}  // namespace maintain::plugins::apt
