#include "letsencrypt/renew/renewal_findings.hpp"

#include <algorithm>

#include "letsencrypt/audit/wording.hpp"
#include "letsencrypt/renew/deployment.hpp"
#include "letsencrypt/renew/moments.hpp"

namespace maintain::letsencrypt {
namespace {

using sdk::Finding;
using sdk::State;

using namespace std::chrono_literals;

constexpr std::size_t most_single = 5;
constexpr Milliseconds longest_busy = 24h;  // of another process of the client; a renewal takes minutes

bool is_pressing(const CertificateLine& line) {
  return line.is_known && (line.standing == Standing::critical || line.standing == Standing::expired);
}

// Of the certificate with that name, or of any without a name.
bool is_pressing(const std::vector<CertificateLine>& lines, const std::string& name) {
  return std::any_of(lines.begin(), lines.end(), [&](const CertificateLine& line) {
    return (name.empty() || line.name == name) && is_pressing(line);
  });
}

std::string failure_detail(const FailureMemory& memory, Moment now) {
  std::string text = memory.error;
  if (!memory.detail.empty() && memory.detail != memory.error) text += "\n" + memory.detail;
  const std::string often = memory.failures == 1 ? "once, on " : std::to_string(memory.failures) + " times since ";
  text += "\nIt failed " + often + text_of(memory.first);
  if (const auto next = next_renewal(memory, false); next && *next > now)
    text += "; it is tried again by the task's schedule, not before " + text_of(*next);
  text += ".";
  if (memory.limited_until && *memory.limited_until > now)
    text += "\nThe authority's rate limit refills on " + text_of(*memory.limited_until) + ".";
  return text;
}

// What shows the reason, as somebody would type it.
std::string see_why(const Options& options, const std::string& name) {
  const ClientOptions& client = options.client;
  if (client.client == Client::certbot && client.command.is_null())
    return "`certbot renew --dry-run" + (name.empty() ? "" : " --cert-name " + typed(name)) + "` on the server";
  return "`maintain show`, which has what the command printed";
}

std::string failure_action(const Options& options, const FailureMemory& memory, const std::string& name) {
  if (memory.limited_until) {
    return "The authority refuses attempts until its limit refills, and counts them: mend what failed before it, see " +
           see_why(options, name) + ", and then let the task try by itself.";
  }
  return "See why with " + see_why(options, name) + ". Then start the task with `--now`, which does not wait for the "
         "next attempt.";
}

Finding failure_finding(const Options& options, const FailureMemory& memory, const std::vector<CertificateLine>& lines,
                        const std::string& name, Moment now) {
  Finding finding{.state = is_pressing(lines, name) ? State::critical : State::warning,
                  .code = "letsencrypt.renewal_failed", .subject = name,
                  .title = name.empty() ? "the renewal of certificates fails"
                                        : "the renewal of the certificate " + name + " fails"};
  finding.detail = failure_detail(memory, now);
  if (name.empty() && !memory.names.empty()) finding.detail += "\nCertificates: " + list_text(memory.names, 20) + ".";
  finding.action = failure_action(options, memory, name);
  return finding;
}

Finding busy_finding(Moment since) {
  return {.state = State::warning, .code = "letsencrypt.renewal_failed",
          .title = "certificates are not renewed: another process of the client is at work",
          .detail = "Another process of the client has been at work since " + text_of(since) +
                    ", and the client does not renew beside it.",
          .action = "See with `ps -ef` on the server what it waits for, and end it when it hangs. A lock that nobody "
                    "holds any more has to be removed."};
}

Finding own_hook_finding(const std::string& name, const std::string& text) {
  return {.state = State::warning, .code = "letsencrypt.deploy_failed", .subject = name,
          .title = "the client's deploy hook of the certificate " + name + " failed", .detail = text,
          .action = "See what it printed with `maintain show`, mend the hook, and do by hand what it does; then start "
                    "the task with `--now`. A `deploy` of the task would be run again by itself."};
}

}  // namespace

Findings renewal_findings(const Options& options, const Renewal& renewal, const Memory& memory,
                          const std::vector<CertificateLine>& lines, Moment now) {
  Findings findings;
  const FailureMemory& failure = memory.failure;
  if (failure.failures > 0) {
    std::vector<std::string> subjects = failure.names;
    if (subjects.empty() || subjects.size() > most_single) subjects = {""};
    for (const std::string& name : subjects) findings.push_back(failure_finding(options, failure, lines, name, now));
  } else if (memory.busy_since && now >= *memory.busy_since + longest_busy) {
    findings.push_back(busy_finding(*memory.busy_since));
  }
  if (renewal.what == Renewal::What::ran && renewal.said_renewed && renewal.changed.empty()) {
    findings.push_back({.state = State::warning, .code = "letsencrypt.not_renewed",
                        .title = "the command says that it has renewed, and no certificate is another one",
                        .detail = "It printed what `renewed_output` says. The certificates that were looked at are the "
                                  "same as before.",
                        .action = "See what it renewed (`maintain show` has what it printed), and name those "
                                  "certificates in `certificates`, by their paths."});
  }
  return findings;
}

Findings deploy_findings(const Options& options, const DeployMemory& memory) {
  Findings findings;
  const auto stories = deploy_stories(memory);
  for (const auto& [name, deployment] : memory) {
    if (!is_news(memory, name) || (deployment.status == 0 && deployment.signal == 0)) continue;
    if (deployment.by_client) {
      findings.push_back(own_hook_finding(name, stories.at(name).text));
      continue;
    }
    findings.push_back({.state = State::warning, .code = "letsencrypt.deploy_failed", .subject = name,
                        .title = "the deploy command of the certificate " + name + " fails",
                        .detail = stories.at(name).text,
                        .action = std::string("See what it printed with `maintain show`, and mend ") +
                                  (options.client.deploy.is_null()
                                       ? "the hook; it is tried again until the certificate is in its place."
                                       : "the task's `deploy`; it is tried again until it ends well and the "
                                         "certificate is in its place.")});
  }
  return findings;
}

Findings rehearsal_findings(const Options& options, const RehearsalMemory& memory) {
  if (!memory.failed || options.rehearse == Rehearse::never) return {};
  Finding finding{.state = State::warning, .code = "letsencrypt.rehearsal_failed",
                  .title = "the next renewal of certificates would fail", .detail = memory.error};
  if (!memory.detail.empty() && memory.detail != memory.error) finding.detail += "\n" + memory.detail;
  finding.detail += "\nThe dry run was done on " + text_of(memory.last.value_or(Moment{})) + ", and is repeated daily.";
  finding.action = "See why with `certbot renew --dry-run` on the server, before a renewal is due.";
  return {finding};
}

}  // namespace maintain::letsencrypt
