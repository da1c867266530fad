// What a job of apt.upgrade really came to. apt's exit status decides nothing here: versions, dpkg's own audit and
// what runs on the server do.
#include <algorithm>

#include "apt/upgrade_run.hpp"
#include "apt/version.hpp"

namespace maintain::plugins::apt {
namespace {

using sdk::Failure;
using sdk::Json;
using sdk::Outcome;
using sdk::State;

std::size_t count_kind(const std::vector<PendingPackage>& pending, PendingClass kind) {
  return static_cast<std::size_t>(
      std::count_if(pending.begin(), pending.end(),
                    [&](const PendingPackage& package) { return package.kind == kind; }));
}

// The body of a download that failed: nothing was changed.
bool download_failed(const Sections& sections) {
  const Section* download = find_section(sections, "download");
  return download != nullptr && !download->ok() && find_section(sections, "upgrade") == nullptr;
}

}  // namespace

std::string pending_text(const std::vector<PendingPackage>& pending) {
  const std::size_t security = count_kind(pending, PendingClass::security);
  const std::size_t other = count_kind(pending, PendingClass::other);
  std::string text;
  if (security > 0) text = counted(security, "security fix");
  if (other > 0) text += (text.empty() ? "" : " and ") + counted(other, "other update");
  std::string others;
  for (const PendingClass kind : {PendingClass::kept_back, PendingClass::held, PendingClass::blocked,
                                  PendingClass::conffile_blocked, PendingClass::phased}) {
    std::string word(to_string(kind));
    std::replace(word.begin(), word.end(), '_', ' ');
    const std::size_t count = count_kind(pending, kind);
    if (count > 0) others += (others.empty() ? "" : ", ") + std::to_string(count) + " " + word;
  }
  if (text.empty() || others.empty()) return text + others;
  return text + "; " + others;
}

void report_pending_metrics(sdk::Context& context, const std::vector<PendingPackage>& pending, Moment now) {
  for (const PendingClass kind : {PendingClass::security, PendingClass::other, PendingClass::kept_back,
                                  PendingClass::held, PendingClass::blocked, PendingClass::conffile_blocked,
                                  PendingClass::phased}) {
    context.metric("apt_" + std::string(to_string(kind)) + "_packages", static_cast<double>(count_kind(pending, kind)),
                   "");
  }
  Milliseconds oldest{0};
  for (const PendingPackage& package : pending) {
    if (package.security && package.kind != PendingClass::phased) oldest = std::max(oldest, now - package.since);
  }
  context.metric("apt_oldest_security_seconds", std::chrono::duration<double>(oldest).count(), "seconds");
}

void UpgradeRun::report(const Findings& findings) {
  for (const sdk::Finding& finding : findings) context_.finding(finding);
}

void UpgradeRun::report_sources() {
  report(source_findings(source_problems_, memory_.failing_sources, context_.now()));
}

void UpgradeRun::report_pending() {
  report(pending_findings(pending_, options_, context_.now()));
  report(partly_unknown_findings(*survey_));
  report(blocklist_findings(options_, context_.now()));
  report_pending_metrics(context_, pending_, context_.now());
  memory_.pending = memory(pending_, *survey_, memory_.pending);
}

void UpgradeRun::report_change(const JobOutput& output) {
  report(failure_findings(output));
  changes_.insert(changes_.end(), output.changes.begin(), output.changes.end());
  if (!output.changes.empty()) changed_ = true;
}

// Before the first thing that changes the server, once per run.
Json UpgradeRun::before_snapshot() {
  if (!before_) {
    try {
      before_ = snapshot_to_json(access_.snapshot());
    } catch (const Failure& failure) {
      if (failure.status() != MAINTAIN_TIMEOUT) throw;
      before_ = snapshot_to_json(parse_snapshot({}));  // compared with it, everything is "could not be listed"
    }
  }
  return *before_;
}

UpgradeRun::End UpgradeRun::conclude_repair(const std::string& output) {
  const JobOutput parsed = parse_job_output(output);
  const Effects effects = access_.effects({});
  if (parsed.locked && !effects.clean()) return defer(access_.locks());
  report_change(parsed);
  context_.output(change_lines(parsed.changes) + conffile_lines(parsed));
  report(removed_findings(parsed.changes));
  if (effects.clean()) {
    changed_ = true;
    context_.output("dpkg's state is repaired\n");
    return std::nullopt;
  }
  report(package_system_findings(effects));
  context_.summary("dpkg's state is broken and could not be repaired; nothing was upgraded");
  return Outcome::failed;
}

UpgradeRun::End UpgradeRun::conclude_kernels(const std::string& output) {
  const JobOutput parsed = parse_job_output(output);
  if (parsed.locked && parsed.changes.empty()) return defer(access_.locks());
  report_change(parsed);
  context_.output(change_lines(parsed.changes));
  if (parsed.failures.empty() && parsed.errors.empty()) return std::nullopt;
  context_.summary("old kernels could not be removed; nothing was upgraded");
  return Outcome::failed;
}

std::vector<std::string> UpgradeRun::not_at_target(const JobRecord& record, const Effects& effects) {
  std::map<std::string, const InstalledPackage*> installed;
  for (const InstalledPackage& package : effects.versions) {
    installed[package.name] = &package;
    // dpkg names a package of the server's own architecture with it when another one is installed, too; apt does not.
    installed.emplace(package.name.substr(0, package.name.find(':')), &package);
  }
  std::vector<std::string> missing;
  for (const PlannedChange& change : record.plan) {
    const auto found = installed.find(change.name);
    const bool there = found != installed.end();
    const bool done = change.to.empty() ? !there || !found->second->complete
                                        : there && found->second->complete &&
                                              compare_versions(found->second->version, change.to) >= 0;
    if (!done) missing.push_back(change.name);
  }
  return missing;
}

// Restarts what the allowlist names; what is left in `stale` still runs with old files. False: a restart failed.
bool UpgradeRun::restart_services(std::vector<StaleService>& stale) {
  bool all_well = true;
  std::erase_if(stale, [&](const StaleService& service) {
    const auto allows = [&](const std::string& pattern) { return matches(pattern, service.unit); };
    if (service.unit.empty() ||
        std::none_of(options_.restart_services.begin(), options_.restart_services.end(), allows)) {
      return false;
    }
    const std::string problem = access_.restart(service.unit);
    if (problem.empty()) {
      context_.output("restarted " + service.unit + "\n");
      changed_ = true;
      return true;
    }
    all_well = false;
    report({{.state = State::critical, .code = "apt.restart_failed", .subject = printable(service.unit),
             .title = printable(service.unit) + " did not restart",
             .detail = problem + printable(access_.journal(service.unit)),
             .action = "Mend it and start it: `systemctl restart " + printable(service.unit) + "`."}});
    return false;
  });
  return all_well;
}

// Also the numbers.
std::string UpgradeRun::summary_of(const JobRecord& record, const std::vector<std::string>& missing, bool nothing_ran,
                                   std::size_t changed) const {
  std::vector<std::string> upgraded;
  std::vector<std::string> removed;
  std::size_t wanted = 0;
  for (const PlannedChange& change : record.plan) {
    const bool removal = change.to.empty();
    if (!removal) ++wanted;
    if (std::find(missing.begin(), missing.end(), change.name) != missing.end()) continue;
    (removal ? removed : upgraded).push_back(change.name);
  }
  context_.metric("apt_upgraded_packages", static_cast<double>(upgraded.size()), "");
  context_.metric("apt_removed_packages", static_cast<double>(removed.size()), "");
  if (record.plan.empty() && nothing_ran) {
    return changes_.empty() ? "nothing to upgrade" : "nothing to upgrade; " + counted(changes_.size(), "other change");
  }
  if (record.plan.empty())
    return "followed an upgrade of which no plan was kept: " + counted(changed, "package") + " changed";
  std::string summary = "upgraded " + (upgraded.size() == wanted ? counted(wanted, "package")
                                                                 : std::to_string(upgraded.size()) + " of " +
                                                                       counted(wanted, "package"));
  if (!upgraded.empty()) summary += ": " + some_names(upgraded);
  if (!removed.empty()) summary += "; removed " + std::to_string(removed.size()) + ": " + some_names(removed);
  return summary;
}

Outcome UpgradeRun::conclude_upgrade(const JobRecord& record, const std::string& output) {
  const Sections sections = parse_sections(output);
  const JobOutput parsed = parse_job_output(output);
  if (parsed.locked && parsed.changes.empty()) return defer(access_.locks());
  memory_.lock.reset();
  std::vector<std::string> names;
  for (const PlannedChange& change : record.plan) names.push_back(change.name);
  Effects effects = access_.effects(names);
  report_sources();
  report_change(parsed);

  const std::vector<std::string> missing = not_at_target(record, effects);
  bool well = missing.empty() && effects.clean() && parsed.failures.empty();
  report(package_system_findings(effects, !parsed.failures.empty()));
  if (!missing.empty() && (download_failed(sections) || parsed.failures.empty())) {
    report({{.state = download_failed(sections) ? State::warning : State::critical,
             .code = download_failed(sections) ? "apt.download_failed" : "apt.not_upgraded",
             .title = counted(missing.size(), "package") + (missing.size() == 1 ? " is" : " are") +
                      " not at the planned version: " + some_names(missing),
             .detail = printable(last_lines(output, 15)),
             .action = download_failed(sections) ? "Check the mirror; the next run tries again."
                                                 : "Look at the task's output."}});
  }
  const bool restarted = restart_services(effects.stale);
  const bool same = compare_with_before(record.before);
  memory_.job.reset();  // also that of an earlier attempt
  well = well && restarted && same;
  report(leftover_findings(effects.leftovers, options_));
  report(stale_findings(effects.stale));
  report(reboot_findings(effects.reboot));

  if (!survey_ || changed_) survey_ = access_.packages(options_.mode, {});
  if (survey_->problem.empty()) {
    pending_ = classify(*survey_, options_, record.conflicts, memory_.pending, context_.now());
    // What the upgrade has just left, nothing else will take.
    if (missing.empty()) note_kept_back(pending_, Simulation{}, options_.mode);
    report_pending();
  }

  context_.output(change_lines(parsed.changes) + conffile_lines(parsed));
  if (!missing.empty()) context_.output("not upgraded: " + some_names(missing, missing.size()) + "\n");
  std::string summary = summary_of(record, missing, output.empty(), parsed.changes.size());
  if (!same) summary += "; something that ran before no longer does";
  if (!source_problems_.empty())
    summary += "; " + counted(source_problems_.size(), "source") + " could not be refreshed";
  if (!pending_.empty()) summary += "; left: " + pending_text(pending_);
  context_.summary(summary);
  if (!well) return Outcome::failed;
  return changed_ ? Outcome::changed : Outcome::ok;
}

}  // namespace maintain::plugins::apt
