// What an upgrade did or left behind, as findings.
#include "apt/findings.hpp"

namespace maintain::plugins::apt {
namespace {

using sdk::Finding;
using sdk::State;

std::string_view action_for(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::unit_failed:
    case ChangeKind::unit_stopped:
    case ChangeKind::unit_restarting: return "Read the journal (`journalctl -u NAME`), mend it and start the unit.";
    case ChangeKind::container_stopped:
    case ChangeKind::container_unhealthy: return "Look at the container's log and start it.";
    case ChangeKind::listener_closed: return "Find the service that should listen there and start it.";
    case ChangeKind::mount_missing: return "Mount it, and look why it went.";
    case ChangeKind::unreadable: break;
  }
  return "Check by hand that everything runs that should.";
}

}  // namespace

std::string change_lines(const std::vector<DoneChange>& changes) {
  std::string text;
  for (const DoneChange& change : changes) {
    text += change.name + " ";
    if (change.to.empty()) text += change.from + " removed";
    else if (change.from.empty()) text += change.to + " new";
    else text += change.from + " -> " + change.to;
    text += "\n";
  }
  return text;
}

std::string conffile_lines(const JobOutput& output) {
  std::string text;
  for (const std::string& path : output.kept_conffiles) text += "kept the server's " + path + "\n";
  for (const std::string& path : output.replaced_conffiles) text += "took the package's " + path + "\n";
  return text;
}

Findings failure_findings(const JobOutput& output) {
  Findings findings;
  for (const PackageFailure& failure : output.failures) {
    const bool postinst = failure.script == "postinst";
    const std::string what = failure.script.empty() ? failure.reason : "its " + failure.script + " script failed";
    findings.push_back({.state = State::critical, .code = postinst ? "apt.postinst_failed" : "apt.package_failed",
                        .subject = printable(failure.package),
                        .title = printable(failure.package) + " could not be upgraded: " +
                                 printable(what.substr(0, 200)), .detail = printable(failure.output + failure.reason),
                        .action = "Mend what the script complains of, then run `dpkg --configure -a` on the server."});
  }
  if (findings.empty() && !output.errors.empty() && !output.locked) {
    std::string detail;
    for (std::size_t i = 0; i < output.errors.size() && i < 20; ++i) detail += output.errors[i] + "\n";
    findings.push_back({.state = State::critical, .code = "apt.failed",
                        .title = "apt-get failed: " + printable(output.errors.front().substr(0, 200)),
                        .detail = printable(detail), .action = "Look at the task's output."});
  }
  return findings;
}

Findings package_system_findings(const Effects& effects, bool failures_told) {
  Findings findings;
  const std::string action =
      "On the server, run `dpkg --configure -a` and `apt-get -f install`, and mend what they complain of.";
  if (!effects.broken.empty() && !failures_told) {
    std::vector<std::string> names;
    std::string detail;
    for (const BrokenPackage& package : effects.broken) {
      names.push_back(package.name);
      detail += package.name + " " + package.version + ": " + package.status + "\n";
    }
    findings.push_back({.state = State::critical, .code = "apt.broken",
                        .title = counted(names.size(), "package") + (names.size() == 1 ? " is" : " are") +
                                 " neither installed nor removed: " + some_names(names),
                        .detail = printable(detail + effects.audit), .action = action});
  }
  if (effects.broken.empty() && effects.interrupted) {
    findings.push_back({.state = State::critical, .code = "apt.broken", .title = "dpkg was interrupted",
                        .detail = printable(effects.audit), .action = action});
  }
  if (!effects.check.empty()) {
    findings.push_back({.state = State::critical, .code = "apt.broken", .subject = "dependencies",
                        .title = "the packages' dependencies are not met", .detail = printable(effects.check),
                        .action = "On the server, run `apt-get -f install`."});
  }
  if (effects.clean() && !effects.audit.empty()) {
    findings.push_back({.state = State::warning, .code = "apt.audit_remark",
                        .title = "dpkg finds fault with its own records", .detail = printable(effects.audit),
                        .action = "Do what `dpkg --audit` recommends; mostly that is to reinstall the package. "
                                  "Upgrades go on."});
  }
  return findings;
}

Findings removed_findings(const std::vector<DoneChange>& changes) {
  std::vector<std::string> names;
  for (const DoneChange& change : changes) {
    if (change.to.empty()) names.push_back(change.name);
  }
  if (names.empty()) return {};
  return {{.state = State::warning, .code = "apt.removed",
           .title = "to repair dpkg's state, " + counted(names.size(), "package") +
                    (names.size() == 1 ? " was" : " were") + " removed: " + some_names(names),
           .detail = change_lines(changes), .action = "Install again what is needed."}};
}

Findings leftover_findings(const std::vector<LeftoverFile>& files, const Options& options) {
  Findings findings;
  for (const LeftoverFile& file : files) {
    const std::string path = printable(file.path);
    findings.push_back({.state = options.leftovers_warn ? State::warning : State::ok, .code = "apt.conffile_leftover",
                        .subject = path,
                        .title = path + " differs from the file in use in " +
                                 counted(static_cast<std::size_t>(file.different_lines), "line"),
                        .action = "Merge what is of use into " + path.substr(0, path.rfind('.')) +
                                  ", then delete it."});
  }
  return findings;
}

Findings stale_findings(const std::vector<StaleService>& services) {
  if (services.empty()) return {};
  std::vector<std::string> units;
  std::string detail;
  bool others = false;
  for (const StaleService& service : services) {
    if (!service.unit.empty()) units.push_back(service.unit);
    else others = true;
    detail += (service.unit.empty() ? "process " + service.process : service.unit) + ": " + service.file + "\n";
  }
  if (others) units.emplace_back("processes that are no services");
  return {{.state = State::ok, .code = "apt.stale_services",
           .title = "still running with files from before an upgrade: " + printable(some_names(units)),
           .detail = printable(detail),
           .action = "Restart them when it suits, or name them in `restart_services`; a reboot does, too."}};
}

Findings reboot_findings(std::string_view reboot_section) {
  const auto lines = split_lines(reboot_section);
  if (lines.empty() || lines[0] != "required") return {};
  std::vector<std::string> packages;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (is_package_name(lines[i])) packages.emplace_back(lines[i]);
  }
  return {{.state = State::ok, .code = "apt.reboot_required",
           .title = "a reboot is asked for" + (packages.empty() ? "" : " by " + some_names(packages))}};
}

Findings change_findings(const std::vector<Change>& changes, const std::map<std::string, std::string>& journal) {
  Findings findings;
  for (const Change& change : changes) {
    Finding finding{.state = change.severe ? State::critical : State::warning,
                    .code = "apt." + std::string(to_string(change.kind)),
                    .subject = printable(change.name),
                    .title = printable(change.name + " " + change.what),
                    .detail = "Compared with the moment before the upgrade.",
                    .action = std::string(action_for(change.kind))};
    if (const auto lines = journal.find(change.name); lines != journal.end()) finding.detail = printable(lines->second);
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace maintain::plugins::apt
