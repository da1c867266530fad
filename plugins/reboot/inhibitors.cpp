#include "reboot/inhibitors.hpp"

#include <algorithm>

#include "common/duration.hpp"
#include "common/lock_holders.hpp"
#include "reboot/processes.hpp"

namespace maintain::plugins::reboot {
namespace {

constexpr std::size_t most_told = 10;

// The strings and numbers of `busctl call`: a(ssssuu) 1 "shutdown" "A \"B\"" "why" "block" 0 101
std::vector<std::string> busctl_values(std::string_view text) {
  std::vector<std::string> values;
  for (std::size_t at = 0; at < text.size() && values.size() < 6000;) {
    if (text[at] == ' ' || text[at] == '\n') {
      ++at;
      continue;
    }
    std::string value;
    if (text[at] != '"') {
      const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
      value = text.substr(at, end - at);
      at = end;
    } else {
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        value += text[at];
      }
      ++at;
    }
    values.push_back(std::move(value));
  }
  return values;
}

bool names_shutdown(std::string_view what) {
  while (!what.empty()) {
    const std::size_t end = std::min(what.find(':'), what.size());
    if (what.substr(0, end) == "shutdown") return true;
    what.remove_prefix(std::min(end + 1, what.size()));
  }
  return false;
}

std::vector<std::string> lock_reasons(std::string_view locks) {
  std::vector<std::string> reasons;
  for (const LockHolder& holder : parse_lock_holders(locks)) {
    std::string text = holder_name(holder) + " holds the lock of the package database";
    if (std::find(reasons.begin(), reasons.end(), text) == reasons.end()) reasons.push_back(std::move(text));
  }
  return reasons;
}

class Reader {
 public:
  explicit Reader(std::string_view output) : sections_(parse_sections(output)) {}

  std::string_view body(std::string_view name, const char* what) {
    const Section* section = find_section(sections_, name);
    if (section != nullptr && section->ok()) return section->body;
    if (found.problem.empty()) {
      const auto words = section == nullptr ? std::string_view{} : trim(section->body);
      found.problem = std::string(what) + (section == nullptr || !section->status
                                               ? ": the answer was cut off"
                                               : ": exit status " + std::to_string(*section->status));
      if (section != nullptr && section->status && !words.empty())
        found.problem += ": " + printable(words.substr(0, 300));
    }
    return {};
  }
  void add(const std::vector<std::string>& reasons) {
    for (const auto& reason : reasons)
      if (found.reasons.size() < most_told) found.reasons.push_back(printable(reason));
  }

  Inhibitors found;

 private:
  Sections sections_;
};

}  // namespace

std::vector<std::string> logged_in_users(std::string_view who) {
  // Where `who` asks logind (Debian 13), it also lists sessions without a terminal, ours among them:
  // "maint sshd Nov 22 14:09 (192.0.2.7)", while one with a terminal is "maint sshd pts/0 2026-11-22 ...".
  std::vector<std::string> users;
  for (const auto line : split_lines(who)) {
    const auto words = split_words(line);
    if (words.size() < 2) continue;
    const bool by_service = words.size() > 2 && (words[2].starts_with("pts/") || words[2].starts_with("tty"));
    const std::string_view terminal = by_service ? words[2] : words[1];
    if (!terminal.starts_with("pts/") && !terminal.starts_with("tty") && !terminal.starts_with(":") &&
        !terminal.starts_with("console") && !terminal.starts_with("hvc") && !terminal.starts_with("seat"))
      continue;
    users.push_back(std::string(words[0]) + " is logged in (" + std::string(terminal) + ")");
  }
  return users;
}

std::vector<std::string> logind_inhibitors(std::string_view busctl) {
  // what, who, why, mode, user, process. "delay" only delays, and logind itself waits for those.
  std::vector<std::string> reasons;
  const auto values = busctl_values(busctl);
  for (std::size_t at = 2; at + 5 < values.size(); at += 6)
    if (names_shutdown(values[at]) && values[at + 3].starts_with("block"))
      reasons.push_back("'" + values[at + 1] + "' inhibits it: " + values[at + 2]);
  return reasons;
}

std::optional<std::string> scheduled_shutdown(std::string_view file) {
  if (trim(file).empty() || trim(file) == "none") return std::nullopt;
  std::string mode = "shutdown";
  std::optional<long long> when, now;
  for (const auto line : split_lines(file)) {
    if (line.starts_with("MODE=")) mode = line.substr(5);
    if (line.starts_with("USEC=")) when = parse_number(trim(line.substr(5)));
    if (line.starts_with("NOW=")) now = parse_number(trim(line.substr(4)));
  }
  std::string text = "a " + mode + " is scheduled";
  if (when && now && *when / 1'000'000 > *now && *when / 1'000'000 - *now < 366 * 86400)
    text += " in " + age_text(std::chrono::seconds(*when / 1'000'000 - *now));
  return text;
}

std::string inhibitors_script() {
  // Two greps read what /proc knows of all processes; a process that ends meanwhile is no failure.
  return section_prelude() + std::string(lock_holders_function()) + R"sh(
processes() {
  grep -H -a -s '' /proc/[0-9]*/comm
  grep -H -a -s '' /proc/[0-9]*/cmdline | tr '\000' '\t'
}
inhibitors() {
  [ -d /run/systemd/system ] || return 0
  logind=$(systemctl is-active systemd-logind.service 2>/dev/null)
  case $logind in
    active) ;;
    inactive|failed|unknown) return 0 ;;
    *) echo "systemctl does not tell whether logind runs: '$logind'"; return 1 ;;
  esac
  timeout 20 busctl call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager ListInhibitors
}
scheduled() {
  if [ -e /run/systemd/shutdown/scheduled ]; then cat /run/systemd/shutdown/scheduled && echo "NOW=$(date +%s)"; else echo none; fi
}
section users who
section processes processes
section inhibitors inhibitors
section scheduled scheduled
section locks lock_holders )sh" + std::string(dpkg_locks) + "\n";
}

Inhibitors parse_inhibitors(std::string_view output, bool ignore_users, const std::vector<std::string>& busy) {
  Reader reader(output);
  const auto users = logged_in_users(reader.body("users", "who is logged in"));
  if (!ignore_users) reader.add(users);
  const auto processes = parse_processes(reader.body("processes", "listing the processes"));
  if (processes.empty() && reader.found.problem.empty())
    reader.found.problem = "listing the processes: the list is empty";
  reader.add(busy_processes(processes, busy));
  reader.add(lock_reasons(reader.body("locks", "looking for the package database's locks")));
  reader.add(logind_inhibitors(reader.body("inhibitors", "asking logind for inhibitors")));
  if (const auto scheduled = scheduled_shutdown(reader.body("scheduled", "looking for a scheduled shutdown")))
    reader.add({*scheduled});
  return std::move(reader.found);
}

}  // namespace maintain::plugins::reboot
