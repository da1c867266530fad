#include <algorithm>

#include "letsencrypt/audit/wording.hpp"
#include "letsencrypt/client/deploy.hpp"
#include "letsencrypt/probe/probe.hpp"
#include "letsencrypt/renew/deployment.hpp"
#include "letsencrypt/renew/moments.hpp"
#include "letsencrypt/renew/renewal.hpp"
#include "letsencrypt/renew/renewal_findings.hpp"
#include "letsencrypt/renew/tasks.hpp"

namespace maintain::letsencrypt {
namespace {

using sdk::Context;
using sdk::Outcome;
using sdk::State;
using Names = std::set<std::string>;

std::string list_of(const Names& names) { return list_text({names.begin(), names.end()}); }

// Those renewed now, and those that somebody renewed since the last run: the client's own timer, most often.
Names newly_renewed(const Renewal& renewal, const Survey& survey, const SeenCertificates& seen) {
  Names names = renewal.changed;
  for (const auto& [name, fingerprint] : fingerprints(survey)) {
    const auto known = seen.find(name);
    if (known != seen.end() && known->second.fingerprints.front() != fingerprint) names.insert(name);
  }
  return names;
}

bool has_deploy(const Options& options, const Survey& survey) {
  const ClientOptions client = looked_at(options);
  return std::any_of(survey.certificates.begin(), survey.certificates.end(),
                     [&](const StoredCertificate& stored) { return deploy_command(client, stored).has_value(); });
}

// What it did, in front of how the certificates stand.
std::string done_text(const Renewal& renewal, const Names& deployed, const Names& in_vain, bool is_dry) {
  std::string text;
  const auto add = [&](const std::string& part) { text += part + "; "; };
  if (renewal.what == Renewal::What::waits) add("a failed renewal waits until " + text_of(*renewal.waits_until));
  if (renewal.what == Renewal::What::busy) add("the client is at work already");
  if (renewal.what == Renewal::What::failed) add("the renewal failed");
  if (renewal.what == Renewal::What::would_run) add("would run the client's renewal");
  if (renewal.what == Renewal::What::not_possible) add("nothing there renews");
  if (!renewal.changed.empty()) add("renewed " + list_of(renewal.changed));
  if (!deployed.empty()) add((is_dry ? "would deploy " : "deployed ") + list_of(deployed));
  if (!in_vain.empty()) add("tried in vain to deploy " + list_of(in_vain));
  return text;
}

// "the certificate shop has expired (and 2 more); " when something is critical; the rest is told by the findings alone.
std::string trouble_text(const Findings& findings) {
  const auto is_critical = [](const sdk::Finding& finding) { return finding.state == State::critical; };
  const auto count = std::count_if(findings.begin(), findings.end(), is_critical);
  if (count == 0) return {};
  std::string text = std::find_if(findings.begin(), findings.end(), is_critical)->title;
  if (count > 1) text += " (and " + std::to_string(count - 1) + " more)";
  return text + "; ";
}

}  // namespace

RenewTask::RenewTask() : RenewTask(probe_from_here) {}

std::optional<std::string> RenewTask::validate(const sdk::Json& options) {
  read_options(options, Client::certbot);
  return std::nullopt;
}

Outcome RenewTask::run(Context& context) {
  const Options options = read_options(context.options(), Client::certbot);
  Memory memory = memory_from_json(context.state(), context.now());
  Looked looked;
  survey(context, options, looked);
  const Renewal renewal = renew(context, options, looked, memory);
  note_failed_hooks(options, renewal, looked.survey, context.now(), memory.deploy);
  // What is remembered so far must survive whatever comes: a failure above all, for the authority counts it, too.
  if (!context.check_mode()) context.checkpoint(to_json(memory));
  const bool can_rehearse = memory.failure.failures == 0 && renewal.what != Renewal::What::not_possible;
  if (can_rehearse) rehearse(context, options, memory.rehearsal);

  probe(context, options, probe_, looked);
  const Names renewed = newly_renewed(renewal, looked.survey, memory.seen);
  Names deployed = deploy(context, options, probe_, renewed, looked, memory);
  Names in_vain;
  if (!context.check_mode())
    for (const auto& [name, deployment] : memory.deploy)
      if (deployed.erase(name) > 0) in_vain.insert(name);

  AuditInput input = audit_input(context, options, looked, memory);
  input.renews = true;
  input.has_deploy = has_deploy(options, looked.survey);
  input.deploys = deploy_stories(memory.deploy);
  Audit result = audit(input);
  for (Findings more : {renewal_findings(options, renewal, memory, result.lines, context.now()),
                        deploy_findings(options, memory.deploy), rehearsal_findings(options, memory.rehearsal)})
    result.findings.insert(result.findings.end(), more.begin(), more.end());
  tell(context, result, memory);
  context.set_state(to_json(memory));
  context.summary(trouble_text(result.findings) + done_text(renewal, deployed, in_vain, context.check_mode()) +
                  summary_of(result));
  const bool changed = !renewal.changed.empty() || (!deployed.empty() && !context.check_mode());
  return changed ? Outcome::changed : Outcome::ok;
}

}  // namespace maintain::letsencrypt
