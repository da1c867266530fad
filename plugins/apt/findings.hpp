// The findings of the apt tasks: their codes, words and what to do. Pure; docs/apt.md lists the codes.
#pragma once

#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "apt/job_output.hpp"
#include "apt/options.hpp"
#include "apt/pending.hpp"
#include "apt/server_state.hpp"
#include "common/server_snapshot.hpp"

namespace maintain::plugins::apt {

using Findings = std::vector<sdk::Finding>;

// Pending packages against the limits; held, blocked and phased ones as information. Nothing pending: nothing.
Findings pending_findings(const std::vector<PendingPackage>& pending, const Options& options, Moment now);
// More than Options::threshold wait.
Findings threshold_findings(const std::vector<PendingPackage>& pending, const Options& options);
// Blocklist entries whose day has come, or that block nothing that is pending, are of no more use.
Findings blocklist_findings(const Options& options, Moment now);

Findings lock_findings(const std::vector<LockHolder>& holders, Moment since, Moment now, const Options& options);
Findings source_findings(const std::vector<SourceProblem>& problems, const std::map<std::string, Moment>& since,
                         Moment now);
// apt cannot simulate an upgrade.
Findings unusable_findings(const std::string& problem);
Findings disk_findings(const std::vector<DiskSpace>& disks, const Sizes& sizes, bool new_kernel, const Options& options);

Findings failure_findings(const JobOutput& output);
Findings broken_findings(const std::vector<BrokenPackage>& broken, const std::string& audit);
Findings leftover_findings(const std::vector<LeftoverFile>& files, const Options& options);
Findings stale_findings(const std::vector<StaleService>& services);
Findings reboot_findings(std::string_view reboot_section);
// What no longer runs; journal holds the last lines of units by name.
Findings change_findings(const std::vector<Change>& changes, const std::map<std::string, std::string>& journal);

// "demo 1.0 -> 2.0", a line each.
std::string change_lines(const std::vector<DoneChange>& changes);
// "a, b and 3 more"
std::string some_names(const std::vector<std::string>& names, std::size_t most = 5);
// "1 package", "2 packages"
std::string counted(std::size_t count, std::string_view noun);

}  // namespace maintain::plugins::apt
