#include "apt/findings.hpp"

#include <algorithm>
#include <array>

#include "common/duration.hpp"

namespace maintain::plugins::apt {
namespace {

using sdk::Finding;
using sdk::State;

std::vector<const PendingPackage*> of_kind(const std::vector<PendingPackage>& pending, PendingClass kind) {
  std::vector<const PendingPackage*> found;
  for (const PendingPackage& package : pending) {
    if (package.kind == kind) found.push_back(&package);
  }
  return found;
}

std::string package_lines(const std::vector<const PendingPackage*>& packages, Moment now) {
  std::string text;
  for (const PendingPackage* package : packages) {
    text += package->name;
    if (!package->candidate.empty()) text += " " + package->installed + " -> " + package->candidate;
    if (package->security) text += ", security";
    if (now > package->since) text += ", pending for " + age_text(now - package->since);
    if (!package->reason.empty()) text += ": " + package->reason;
    text += "\n";
  }
  return printable(text);
}

Milliseconds oldest(const std::vector<const PendingPackage*>& packages, Moment now) {
  Milliseconds age{0};
  for (const PendingPackage* package : packages) age = std::max(age, now - package->since);
  return age;
}

// The state that the limit gives to these packages.
State judge(const std::vector<const PendingPackage*>& packages, const Limit& limit, Moment now) {
  if (packages.empty()) return State::ok;
  const Milliseconds age = oldest(packages, now);
  if (limit.critical_age && age >= *limit.critical_age) return State::critical;
  if (limit.age && age >= *limit.age) return State::warning;
  if (limit.count && static_cast<long long>(packages.size()) > *limit.count) return State::warning;
  return State::ok;
}

struct ClassWords {
  PendingClass kind;
  std::string_view code, what, action;
};

constexpr std::array class_words{
    ClassWords{PendingClass::security, "apt.security_pending", "security updates are pending",
               "Run the upgrade, or find out why it does not take them."},
    ClassWords{PendingClass::other, "apt.updates_pending", "updates are pending", "Run the upgrade."},
    ClassWords{PendingClass::kept_back, "apt.kept_back", "packages are kept back by apt",
               "They need packages installed or removed that the upgrade does not touch. Look at "
               "`apt-get --simulate dist-upgrade`, then upgrade them by hand or set `upgrade: full`."},
    ClassWords{PendingClass::held, "apt.held", "packages are on hold",
               "Release them with `apt-mark unhold NAME` when the reason is gone."},
    ClassWords{PendingClass::blocked, "apt.blocked", "packages are blocked by the blocklist",
               "Remove the entry when its reason is gone."},
    ClassWords{PendingClass::conffile_blocked, "apt.conffile_blocked",
               "packages are held back because a configuration file was changed on both sides",
               "Upgrade them by hand and merge the files, or choose another conffile policy for them."},
    ClassWords{PendingClass::phased, "apt.phased", "updates are not yet offered to this server (phased)", ""},
};

}  // namespace

std::string counted(std::size_t count, std::string_view noun) {
  const std::string_view plural = noun.ends_with('x') ? "es" : "s";
  return std::to_string(count) + " " + std::string(noun) + std::string(count == 1 ? "" : plural);
}

std::string some_names(const std::vector<std::string>& names, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < most; ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
  return text;
}

Findings pending_findings(const std::vector<PendingPackage>& pending, const Options& options, Moment now) {
  Findings findings;
  for (const ClassWords& words : class_words) {
    const auto packages = of_kind(pending, words.kind);
    if (packages.empty()) continue;
    std::vector<const PendingPackage*> fixes;
    for (const PendingPackage* package : packages) {
      if (package->security) fixes.push_back(package);
    }
    const auto own = options.limits.find(std::string(to_string(words.kind)));
    const auto security = options.limits.find("security");
    State state = own == options.limits.end() ? State::ok : judge(packages, own->second, now);
    // A fix that nobody takes is one whatever keeps it back; its number alone only counts in its own class.
    if (security != options.limits.end() && words.kind != PendingClass::phased) {
      Limit ages = security->second;
      ages.count.reset();
      state = std::max(state, judge(fixes, ages, now));
    }
    std::string title = std::to_string(packages.size()) + " " + std::string(words.what);
    if (words.kind != PendingClass::security && !fixes.empty()) title += ", " + counted(fixes.size(), "security fix");
    findings.push_back({.state = state, .code = std::string(words.code), .title = title,
                        .detail = package_lines(packages, now),
                        .action = state == State::ok ? "" : std::string(words.action)});
  }
  return findings;
}

Findings threshold_findings(const std::vector<PendingPackage>& pending, const Options& options) {
  const auto counts = [](const PendingPackage& package) {
    return package.kind == PendingClass::security || package.kind == PendingClass::other ||
           package.kind == PendingClass::kept_back;
  };
  const auto count = std::count_if(pending.begin(), pending.end(), counts);
  if (!options.threshold || count <= *options.threshold) return {};
  std::string lines;
  for (const PendingPackage& package : pending) {
    if (counts(package)) lines += package.name + " " + package.installed + " -> " + package.candidate + "\n";
  }
  return {{.state = State::warning, .code = "apt.threshold",
           .title = std::to_string(count) + " updates are pending, more than the threshold of " +
                    std::to_string(*options.threshold),
           .detail = printable(lines), .action = "Run the upgrade."}};
}

Findings blocklist_findings(const Options& options, Moment now) {
  Findings findings;
  for (const BlockEntry& entry : options.blocklist) {
    if (!entry.until || now < *entry.until) continue;
    findings.push_back({.state = State::warning, .code = "apt.block_expired", .subject = entry.package,
                        .title = "the blocklist entry for " + entry.package + " ended on " + day_text(*entry.until),
                        .detail = "Its reason was: " + entry.reason,
                        .action = "Remove the entry, or give it a later day. It blocks nothing any more."});
  }
  return findings;
}

Findings ineffective_findings(const std::vector<PlannedChange>& changes) {
  if (changes.empty()) return {};
  std::vector<std::string> names;
  std::string detail;
  for (const PlannedChange& change : changes) {
    names.push_back(change.name);
    detail += change.name + ": apt would " + (change.to.empty() ? "remove it" : "install " + change.to) + "\n";
  }
  return {{.state = State::critical, .code = "apt.block_ineffective",
           .title = "apt would change what is to stay as it is: " + some_names(names), .detail = printable(detail),
           .action = "Look with `apt-cache policy NAME` for a pin in /etc/apt/preferences or preferences.d that is "
                     "stronger than the blocklist, and remove it. Until then nothing is upgraded."}};
}

Findings lock_findings(const std::vector<LockHolder>& holders, Moment since, Moment now, const Options& options) {
  if (holders.empty()) return {};
  std::string detail;
  for (const LockHolder& holder : holders) {
    detail += holder.lock + ": process " + holder.pid + (holder.command.empty() ? "" : ", " + holder.command) + "\n";
  }
  const LockHolder& first = holders.front();
  const bool long_held = now - since >= options.lock_alert;
  return {{.state = long_held ? State::warning : State::ok, .code = "apt.lock_held",
           .title = holder_name(first) + " holds a lock of apt or dpkg, now for " + age_text(now - since),
           .detail = printable(detail),
           .action = long_held ? "Find out what process " + printable(first.pid) + " waits for. End it only if it "
                                 "does nothing: dpkg in mid-work must not be killed." : ""}};
}

Findings source_findings(const std::vector<SourceProblem>& problems, const std::map<std::string, Moment>& since,
                         Moment now) {
  Findings findings;
  for (const SourceProblem& problem : problems) {
    Finding finding{.state = State::warning, .code = "apt.source_failed", .subject = problem.source,
                    .title = problem.source.empty() ? "the package lists cannot be refreshed"
                                                    : "the package list of " + problem.source +
                                                          " cannot be refreshed",
                    .detail = printable(problem.reason)};
    const auto known = since.find(problem.source);
    if (known != since.end() && now - known->second >= std::chrono::hours(1)) {
      finding.title += ", for " + age_text(now - known->second) + " now";
      if (now - known->second >= std::chrono::hours(24 * 7)) finding.state = State::critical;
    }
    switch (problem.trouble) {
      case SourceTrouble::network:
        finding.action = "Check the mirror and the server's way to it (name service, proxy, firewall).";
        break;
      case SourceTrouble::missing:
        finding.action = "The archive has moved or ended: correct or remove the entry in /etc/apt/sources.list.d.";
        break;
      case SourceTrouble::signature:
        finding.action = "Install the archive's current key; until then its updates do not come.";
        break;
      case SourceTrouble::expired:
        finding.action = "Check the server's clock; if it is right, the mirror is stale.";
        break;
      case SourceTrouble::renamed:
        finding.action = "Look at the change, then accept it with `apt-get update --allow-releaseinfo-change`.";
        break;
      case SourceTrouble::component: finding.action = "Correct the component in the entry of this archive."; break;
      case SourceTrouble::configuration:
        finding.action = "Correct the entry: while it is there, apt does nothing at all.";
        break;
      case SourceTrouble::locked:
      case SourceTrouble::other: finding.action = "Run `apt-get update` on the server."; break;
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

Findings no_source_findings() {
  return {{.state = State::warning, .code = "apt.no_sources",
           .title = "the server has no package source: no update ever reaches it",
           .action = "Enter the distribution's archives in /etc/apt/sources.list."}};
}

Findings partly_unknown_findings(const PackageSurvey& survey) {
  if (survey.all_problem.empty()) return {};
  return {{.state = State::warning, .code = "apt.partly_unknown",
           .title = "apt cannot tell all that is pending: " + printable(survey.all_problem.substr(0, 300)),
           .detail = "Of what the upgrade leaves, only the names are known: not the versions, nor whether they fix "
                     "holes.",
           .action = "Run `apt-get --simulate --ignore-hold dist-upgrade` on the server and mend what it complains "
                     "of."}};
}

Findings unusable_findings(const std::string& problem) {
  return {{.state = State::critical, .code = "apt.unusable",
           .title = "apt cannot plan an upgrade: " + printable(problem.substr(0, 300)),
           .action = "Run `apt-get --simulate upgrade` on the server and mend what it complains of."}};
}

Findings disk_findings(const std::vector<DiskSpace>& disks, const Sizes& sizes, bool new_kernel,
                       const Options& options) {
  struct Need {
    long long bytes = 0;
    long long free = 0;
    long long inodes = -1;
  };
  std::map<std::string, Need> needs;  // by file system
  for (const DiskSpace& disk : disks) {
    const bool boot = disk.path == "/boot";
    const bool boot_of_its_own = boot && disk.target == "/boot";
    if (boot && (!boot_of_its_own || !new_kernel)) continue;
    Need& need = needs[disk.target];
    need.free = disk.free_bytes;
    need.inodes = disk.free_inodes;
    if (need.bytes == 0) need.bytes = boot ? options.min_free_boot_bytes : options.min_free_bytes;
    if (disk.path == "/var/cache/apt/archives") need.bytes += sizes.download;
    if (disk.path == "/usr") need.bytes += std::max(sizes.growth, 0LL);
  }
  Findings findings;
  for (const auto& [target, need] : needs) {
    constexpr long long few_inodes = 2000;
    const bool inodes = need.inodes > 0 && need.inodes < few_inodes;  // 0: btrfs and others count none
    if (need.free >= need.bytes && !inodes) continue;
    findings.push_back({.state = State::critical, .code = "apt.disk_full", .subject = printable(target),
                        .title = "no upgrade: " + printable(target) +
                                 (need.free < need.bytes
                                      ? " has " + std::to_string(need.free >> 20) + " MiB free, needed are " +
                                            std::to_string(need.bytes >> 20) + " MiB"
                                      : " has only " + std::to_string(need.inodes) + " inodes free"),
                        .action = target == "/boot" ? "Remove kernels that are no longer needed."
                                                    : "Make room, e.g. with `apt-get clean` and `journalctl "
                                                      "--vacuum-size=200M`."});
  }
  return findings;
}

}  // namespace maintain::plugins::apt
