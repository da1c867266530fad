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
using std::chrono::seconds;

std::size_t count_kind(const std::vector<PendingPackage>& pending, PendingClass kind) {
  return static_cast<std::size_t>(
      std::count_if(pending.begin(), pending.end(), [&](const PendingPackage& package) { return package.kind == kind; }));
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
    context.metric("apt_" + std::string(to_string(kind)) + "_packages", static_cast<double>(count_kind(pending, kind)), "");
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
  report(blocklist_findings(options_, context_.now()));
  report_pending_metrics(context_, pending_, context_.now());
  memory_.pending = memory(pending_);
}

void UpgradeRun::report_change(const JobOutput& output) {
  report(failure_findings(output));
  changes_.insert(changes_.end(), output.changes.begin(), output.changes.end());
  if (output.changes.empty()) return;
  changed_ = true;
  memory_.last_changes = changes_to_json(changes_, context_.now());
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
  if (effects.clean()) {
    changed_ = true;
    context_.output("dpkg's state is repaired\n");
    return std::nullopt;
  }
  report(broken_findings(effects.broken, effects.audit));
  if (effects.broken.empty()) {
    report({{.state = State::critical, .code = "apt.broken", .title = "dpkg's state could not be repaired",
             .detail = printable(effects.audit + "\n" + effects.check),
             .action = "On the server, run `dpkg --configure -a` and `apt-get -f install`, and mend what they complain of."}});
  }
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
    if (service.unit.empty() || std::none_of(options_.restart_services.begin(), options_.restart_services.end(), allows)) {
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
             .title = printable(service.unit) + " did not restart", .detail = problem + printable(access_.journal(service.unit)),
             .action = "Mend it and start it: `systemctl restart " + printable(service.unit) + "`."}});
    return false;
  });
  return all_well;
}

// Whether everything runs that ran before. Gives what is on its way some time to arrive.
bool UpgradeRun::compare_with_before(const Json& before) {
  if (before.is_null()) return true;  // nothing was done, or nobody looked before
  const ServerSnapshot then = snapshot_from_json(before);
  const Moment until = context_.now() + options_.settle;
  std::vector<Change> changes = compare(then, access_.snapshot());
  const auto may_settle = [](const Change& change) { return change.settling; };
  while (std::any_of(changes.begin(), changes.end(), may_settle) && context_.now() < until) {
    context_.sleep(seconds(5));
    changes = compare(then, access_.snapshot());
  }
  std::map<std::string, std::string> journal;
  for (const Change& change : changes) {
    const bool unit = change.kind == ChangeKind::unit_failed || change.kind == ChangeKind::unit_stopped ||
                      change.kind == ChangeKind::unit_restarting;
    if (unit && journal.size() < 5) journal[change.name] = access_.journal(change.name);
  }
  report(change_findings(changes, journal));
  return std::none_of(changes.begin(), changes.end(), [](const Change& change) { return change.severe; });
}

Outcome UpgradeRun::conclude_upgrade(const JobRecord& record, const std::string& output) {
  const Sections sections = parse_sections(output);
  const JobOutput parsed = parse_job_output(output);
  if (parsed.locked && parsed.changes.empty()) return defer(access_.locks());
  memory_.locked_since.reset();
  std::vector<std::string> names;
  for (const PlannedChange& change : record.plan) names.push_back(change.name);
  Effects effects = access_.effects(names);
  report_sources();
  report_change(parsed);

  const std::vector<std::string> missing = not_at_target(record, effects);
  bool well = missing.empty() && effects.clean() && parsed.failures.empty();
  if (!effects.clean() && parsed.failures.empty()) report(broken_findings(effects.broken, effects.audit));
  if (!effects.check.empty()) {
    report({{.state = State::critical, .code = "apt.broken", .subject = "dependencies",
             .title = "the packages' dependencies are not met", .detail = printable(effects.check),
             .action = "Run `apt-get -f install` on the server."}});
  }
  if (!missing.empty() && (download_failed(sections) || parsed.failures.empty())) {
    report({{.state = download_failed(sections) ? State::warning : State::critical,
             .code = download_failed(sections) ? "apt.download_failed" : "apt.not_upgraded",
             .title = counted(missing.size(), "package") + (missing.size() == 1 ? " is" : " are") +
                      " not at the planned version: " + some_names(missing),
             .detail = printable(last_lines(output, 15)),
             .action = download_failed(sections) ? "Check the mirror; the next run tries again." : "Look at the task's output."}});
  }
  const bool restarted = restart_services(effects.stale);
  const bool same = compare_with_before(record.before);
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

  context_.output(change_lines(parsed.changes));
  if (!missing.empty()) context_.output("not upgraded: " + some_names(missing, missing.size()) + "\n");
  const std::size_t done = record.plan.size() - missing.size();
  context_.metric("apt_upgraded_packages", static_cast<double>(done), "");
  std::string summary;
  if (record.plan.empty() && output.empty()) {
    summary = changes_.empty() ? "nothing to upgrade" : "nothing to upgrade; " + counted(changes_.size(), "other change");
  } else if (record.plan.empty()) {
    summary = "followed an upgrade of which no plan was kept: " + counted(parsed.changes.size(), "package") + " changed";
  } else {
    std::vector<std::string> upgraded;
    for (const PlannedChange& change : record.plan) {
      if (std::find(missing.begin(), missing.end(), change.name) == missing.end()) upgraded.push_back(change.name);
    }
    summary = missing.empty() ? "upgraded " + counted(done, "package")
                              : "upgraded " + std::to_string(done) + " of " + counted(record.plan.size(), "package");
    if (!upgraded.empty()) summary += ": " + some_names(upgraded);
  }
  if (!same) summary += "; something that ran before no longer does";
  if (!source_problems_.empty()) summary += "; " + counted(source_problems_.size(), "source") + " could not be refreshed";
  if (!pending_.empty()) summary += "; left: " + pending_text(pending_);
  context_.summary(summary);
  if (!well) return Outcome::failed;
  return changed_ ? Outcome::changed : Outcome::ok;
}

}  // namespace maintain::plugins::apt
