#include "reboot/findings.hpp"

#include "common/duration.hpp"
#include "reboot/needs.hpp"

namespace maintain::plugins::reboot {
namespace {

using sdk::Finding;
using sdk::Milliseconds;
using sdk::State;

const char* action_for(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::unit_failed:
    case ChangeKind::unit_stopped:
    case ChangeKind::unit_restarting:
      return "see why with systemctl status and journalctl; start it, and enable it if it does not start at boot";
    case ChangeKind::container_stopped:
    case ChangeKind::container_unhealthy: return "see its log; start it, and give it a restart policy";
    case ChangeKind::listener_closed: return "find out which service served this port, and start it";
    case ChangeKind::mount_missing: return "mount it, and see why /etc/fstab did not";
    case ChangeKind::unreadable: break;
  }
  return "look at the server yourself";
}

}  // namespace

Finding check_failed(const std::string& problem) {
  return {.state = State::unknown, .code = "reboot.check_failed",
          .title = "it is not known whether the server needs, or can bear, a reboot", .detail = problem,
          .action = "run the failing command on the server; until it works, the server is not rebooted"};
}

Finding needed_long(const std::string& reasons, Milliseconds age) {
  return {.state = State::warning, .code = "reboot.needed", .title = "a reboot has been needed for " + age_text(age),
          .detail = "because of " + reasons, .action = "reboot the server, or let reboot.if_needed do it"};
}

Finding overdue(const std::string& reasons, Milliseconds age, const std::string& kept_by) {
  return {.state = State::warning, .code = "reboot.overdue",
          .title = "a reboot has been needed for " + age_text(age) + ", kept from it by: " + kept_by,
          .detail = "needed because of " + reasons, .action = "reboot the server by hand, or remove what keeps it"};
}

Finding before_failed(const std::string& problem) {
  return {.state = State::warning, .code = "reboot.before_failed",
          .title = "the command to run before the reboot failed, so there was none", .detail = problem,
          .action = "mend the `run_before` command of the task; it is tried again at the next opportunity"};
}

Finding after_failed(const std::string& problem) {
  return {.state = State::critical, .code = "reboot.after_failed",
          .title = "the command to run after the reboot failed", .detail = problem,
          .action = "do by hand what the `run_after` command of the task should have done, or mend it: the next run of "
                    "the task tries it again"};
}

Finding order_failed(const std::string& problem) {
  return {.state = State::critical, .code = "reboot.order_failed", .title = "the server refused the order to reboot",
          .detail = problem, .action = "try `systemctl reboot` on the server and mend what it complains about"};
}

Finding did_not_happen(const Order& order, Milliseconds age) {
  return {.state = State::critical, .code = "reboot.did_not_happen",
          .title = "a reboot was ordered " + age_text(age) + " ago and did not happen",
          .detail = "The server answers, still from the boot before. Needed because of " + join_reasons(order.reasons),
          .action = "see what holds the shutdown (systemctl list-jobs), and reboot the server by hand"};
}

Finding server_gone(const Order& order, Milliseconds age, const std::string& problem) {
  return {.state = State::critical, .code = "reboot.server_gone",
          .title = "the server has not come back from the reboot that was ordered " + age_text(age) + " ago",
          .detail = "Ordered because of " + join_reasons(order.reasons) + (problem.empty() ? "" : "\n" + problem),
          .action = "look at its console; an older kernel in the boot menu may start"};
}

Finding fell_silent(Milliseconds away, const std::string& problem) {
  return {.state = State::critical, .code = "reboot.server_gone",
          .title = "the server came back from the reboot, and does not answer any more",
          .detail = "It was back after " + span_text(away) + ", then: " + problem,
          .action = "look at its console and its network; what runs after the boot may have cut it off"};
}

Finding booted_again() {
  return {.state = State::critical, .code = "reboot.booted_again",
          .title = "the server went down again by itself, right after the reboot",
          .action = "look at the end of the boot before: journalctl -b -1 -e"};
}

Finding not_stable(const std::vector<Change>& changes, Milliseconds observed) {
  constexpr std::size_t most_named = 5;
  std::string detail;
  for (std::size_t i = 0; i < changes.size() && i < most_named; ++i)
    detail += (i == 0 ? "Not as before when it was last looked at: " : ", ") + changes[i].name;
  return {.state = State::warning, .code = "reboot.not_stable",
          .title = "the server has not come to rest within " + span_text(observed) + " after the reboot",
          .detail = detail,
          .action = "see what starts and stops again and again (journalctl -b -p warning); if it only takes long, give "
                    "the task a longer `settle`"};
}

Finding kernel_not_booted(const std::string& kernel, const std::string& package, const std::string& running) {
  return {.state = State::warning, .code = "reboot.kernel_not_booted", .subject = kernel,
          .title = "the reboot did not bring the kernel " + kernel + (package.empty() ? "" : " " + package) +
                   "; running is " + running,
          .action = "see which kernel the boot loader starts by default (update-grub, GRUB_DEFAULT); "
                    "there is no further reboot for this kernel"};
}

Finding broken(const Change& change, const std::string& journal) {
  return {.state = change.severe ? State::critical : State::warning,
          .code = "reboot." + std::string(to_string(change.kind)), .subject = change.name,
          .title = change.name + " is not as before the reboot: " + change.what, .detail = journal,
          .action = action_for(change.kind)};
}

}  // namespace maintain::plugins::reboot
