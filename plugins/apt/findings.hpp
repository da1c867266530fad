// The findings of the apt tasks: their codes, words and what to do. Pure; docs/apt.md lists the codes.
#pragma once

#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "apt/job_output.hpp"
#include "apt/options.hpp"
#include "apt/pending.hpp"
#include "apt/server_state.hpp"
#include "common/lock_holders.hpp"
#include "common/server_snapshot.hpp"

namespace maintain::plugins::apt {

using Findings = std::vector<sdk::Finding>;

// Pending packages against the limits; held, blocked and phased ones as information. Nothing pending: nothing.
Findings pending_findings(const std::vector<PendingPackage>& pending, const Options& options, Moment now);
// More than Options::threshold wait.
Findings threshold_findings(const std::vector<PendingPackage>& pending, const Options& options);
// Blocklist entries whose day has come are of no more use.
Findings blocklist_findings(const Options& options, Moment now);

// What apt would change although it is pinned.
Findings ineffective_findings(const std::vector<PlannedChange>& changes);

Findings lock_findings(const std::vector<LockHolder>& holders, Moment since, Moment now, const Options& options);
Findings source_findings(const std::vector<SourceProblem>& problems, const std::map<std::string, Moment>& since,
                         Moment now);
// There is no source to refresh.
Findings no_source_findings();
// apt cannot simulate the upgrade of everything.
Findings partly_unknown_findings(const PackageSurvey& survey);
// apt cannot simulate an upgrade.
Findings unusable_findings(const std::string& problem);
Findings disk_findings(const std::vector<DiskSpace>& disks, const Sizes& sizes, bool new_kernel,
                       const Options& options);

Findings failure_findings(const JobOutput& output);
// What is wrong with the package system; failures_told: the broken packages have findings of their own.
Findings package_system_findings(const Effects& effects, bool failures_told = false);
// What a repair had to remove.
Findings removed_findings(const std::vector<DoneChange>& changes);
Findings leftover_findings(const std::vector<LeftoverFile>& files, const Options& options);
Findings stale_findings(const std::vector<StaleService>& services);
Findings reboot_findings(std::string_view reboot_section);
// What no longer runs; journal holds the last lines of units by name.
Findings change_findings(const std::vector<Change>& changes, const std::map<std::string, std::string>& journal);

// "demo 1.0 -> 2.0", a line each.
std::string change_lines(const std::vector<DoneChange>& changes);
// "kept the server's /etc/demo.conf" where both sides had changed it, a line each.
std::string conffile_lines(const JobOutput& output);
// "a, b and 3 more"
std::string some_names(const std::vector<std::string>& names, std::size_t most = 5);
// "1 package", "2 packages"
std::string counted(std::size_t count, std::string_view noun);

}  // namespace maintain::plugins::apt
