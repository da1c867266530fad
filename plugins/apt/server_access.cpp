#include "apt/server_access.hpp"

#include <algorithm>

namespace maintain::plugins::apt {
namespace {

using sdk::Failure;
using std::chrono::minutes;

const Section& need(const Sections& sections, std::string_view name) {
  const Section* section = find_section(sections, name);
  if (section == nullptr || !section->status) {
    throw Failure(MAINTAIN_FAILED, "the server's answer has no complete section '" + std::string(name) + "'");
  }
  return *section;
}

// For what must not be mistaken for "nothing there" when the command failed.
const std::string& need_ok(const Sections& sections, std::string_view name) {
  const Section& section = need(sections, name);
  if (!section.ok()) {
    throw Failure(MAINTAIN_FAILED, "'" + std::string(name) + "' failed on the server: " +
                                       printable(last_lines(section.body, 3)));
  }
  return section.body;
}

}  // namespace

Sections ServerAccess::run(const std::string& script, std::vector<std::string> arguments, bool read_only,
                           Milliseconds timeout) {
  // What changes the server is saved as it comes, without the marks; looking around is nothing to keep.
  std::string output;
  ShownSections shown([this](std::string_view text) { context_.output(text); });
  const sdk::Completed done = context_.exec({.argv = std::move(arguments), .script = script, .become_user = "root",
                                             .environment = quiet_environment(false), .read_only = read_only,
                                             .quiet = true, .timeout = timeout,
                                             .on_output = [&](std::string_view piece) {
                                               output += piece;
                                               if (!read_only) shown.add(piece);
                                             }});
  Sections sections = parse_sections(output);
  if (sections.empty()) {
    throw Failure(MAINTAIN_FAILED, "cannot look at the package system as root: exit status " +
                                       std::to_string(done.status) + ", " +
                  printable(last_lines(done.error_output, 3)));
  }
  return sections;
}

std::vector<LockHolder> ServerAccess::locks() {
  return parse_lock_holders(need_ok(run(locks_script(), {}, true, minutes(2)), "locks"));
}

ServerState ServerAccess::state() {
  const Sections sections = run(state_script(), {}, true, minutes(5));
  return {.locks = parse_lock_holders(need_ok(sections, "locks")),
          .broken = parse_broken(need_ok(sections, "broken")),
          .interrupted = !trim(need_ok(sections, "interrupted")).empty(),
          .disks = parse_disks(need_ok(sections, "disks")),
          .kernel = std::string(trim(need_ok(sections, "kernel"))),
          .kernel_images = parse_installed(need(sections, "images").body)};
}

PackageSurvey ServerAccess::packages(UpgradeMode mode, const std::vector<Pin>& pins) {
  return read_packages(run(packages_script(), package_arguments(mode, pins), true, minutes(10)));
}

Effects ServerAccess::effects(const std::vector<std::string>& packages) {
  const Sections sections = run(effects_script(), packages, true, minutes(5));
  const Section& check = need(sections, "check");
  const Section* versions = find_section(sections, "versions");
  return {.broken = parse_broken(need_ok(sections, "broken")),
          .interrupted = !trim(need_ok(sections, "interrupted")).empty(),
          .audit = std::string(trim(need(sections, "audit").body)),
          .check = check.ok() ? std::string{} : last_lines(check.body, 10),
          .versions = versions == nullptr ? std::vector<InstalledPackage>{} : parse_installed(versions->body),
          .leftovers = parse_leftovers(need(sections, "leftovers").body),
          .stale = parse_stale(need(sections, "stale").body),
          .reboot = need(sections, "reboot").body};
}

Refresh ServerAccess::refresh() {
  const Section update = need(run(update_script(), {}, false, minutes(20)), "update");
  Refresh refresh{.problems = parse_update(update.body), .locked = false, .any_source = false};
  for (const std::string_view line : split_lines(update.body)) {
    refresh.any_source |= line.starts_with("Hit:") || line.starts_with("Get:");
  }
  for (SourceProblem& problem : refresh.problems) {
    refresh.locked |= problem.trouble == SourceTrouble::locked;
    problem.source = printable(problem.source);
  }
  if (!update.ok() && refresh.problems.empty()) {
    refresh.problems.push_back({.source = {}, .trouble = SourceTrouble::other, .reason = last_lines(update.body, 3)});
  }
  return refresh;
}

ConffileConflicts ServerAccess::conffile_conflicts(UpgradeMode mode, const std::vector<Pin>& pins,
                                                   const std::vector<PendingPackage>& packages) {
  std::vector<std::string> arguments = package_arguments(mode, pins);
  arguments.emplace_back("--");
  for (const PendingPackage& package : packages) arguments.push_back(package.name + "=" + package.candidate);
  const Sections sections = run(conffile_script(), std::move(arguments), false, minutes(60));
  need_ok(sections, "download");
  return parse_conflicts(need_ok(sections, "conflicts"));
}

ServerSnapshot ServerAccess::snapshot() {
  const sdk::Completed done = context_.exec({.script = snapshot_script(), .become_user = "root", .read_only = true,
                                             .quiet = true, .timeout = minutes(3)});
  return parse_snapshot(done.output);
}

std::string ServerAccess::journal(const std::string& unit) {
  const sdk::Completed done = context_.exec({.argv = journal_command(unit), .become_user = "root", .read_only = true,
                                             .quiet = true, .timeout = minutes(1)});
  return done.output.substr(0, 8000);
}

std::string ServerAccess::restart(const std::string& unit) {
  const sdk::Completed done = context_.exec({.argv = {"systemctl", "restart", "--", unit}, .become_user = "root",
                                             .timeout = minutes(5)});
  return done.ok() ? std::string{} : printable(last_lines(done.error_output + done.output, 4));
}

}  // namespace maintain::plugins::apt
