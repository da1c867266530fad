#include "letsencrypt/renew/deployment.hpp"

#include <algorithm>

#include "common/duration.hpp"
#include "common/sections.hpp"
#include "letsencrypt/certificate/lifetime.hpp"
#include "letsencrypt/client/deploy.hpp"
#include "letsencrypt/renew/json_parts.hpp"
#include "letsencrypt/renew/moments.hpp"

namespace maintain::letsencrypt {
namespace {

using namespace std::chrono_literals;
using sdk::Completed;
using sdk::Context;
using sdk::Failure;
using Names = std::set<std::string>;

constexpr Milliseconds longest_hook = 5min;
constexpr Milliseconds shortest_hook = 10s;  // with less time left none is begun
constexpr Milliseconds time_to_tell = 2min;  // after all hooks: to look again, and to report
// Linux takes no variable of 128 KiB or more (execve(2), MAX_ARG_STRLEN).
constexpr std::size_t most_domains = 64UL << 10;
constexpr int killed = 9;
// A reload returns before the service has taken the new certificate: nginx(8) starts new workers first.
constexpr Milliseconds settles[] = {1s, 4s};

bool is_own(const Options& options) { return !options.client.deploy.is_null(); }

// Where the certificate belongs, it is.
bool is_proven(const std::string& name, const Looked& looked, const SeenCertificates& seen) {
  const auto is_current = [&](const Compared& compared) {
    return compared.certificate == name && compared.agreement == Agreement::current;
  };
  return std::any_of(looked.served.begin(), looked.served.end(),
                     [&](const Served& served) { return is_current(compare(served, looked.survey, seen)); }) ||
         std::any_of(looked.survey.deployed.begin(), looked.survey.deployed.end(),
                     [&](const StoredCertificate& copy) { return is_current(compare(copy, looked.survey, seen)); });
}

// Forgets attempts that no longer matter: the certificate is another one or gone, there is nothing more to run, or it
// is in its place. The project's own command has to end well besides, for others may have brought it there. Without a
// place that can be looked at, the command's exit status has to do; of a hook of the client that failed before this
// run, that a person started the task.
void forget_settled(const Options& options, const Looked& looked, const Names& wrong, bool by_hand, Memory& memory) {
  const ClientOptions client = looked_at(options);
  std::erase_if(memory.deploy, [&](const auto& entry) {
    const auto& [name, deployment] = entry;
    const StoredCertificate* stored = find_stored(looked.survey, name);
    const Certificate* leaf = stored == nullptr ? nullptr : leaf_of(*stored);
    if (leaf == nullptr || leaf->fingerprint != deployment.fingerprint) return true;
    const bool can_run = deploy_command(client, *stored).has_value();
    if (!can_run && !deployment.by_client) return true;
    const bool went_well = deployment.status == 0 && deployment.signal == 0;
    const bool seen_to = !can_run && by_hand && deployment.last < looked.survey_at;
    const bool may_be_others = is_own(options) && !deployment.by_client;
    return !wrong.contains(name) &&
           (went_well || seen_to || (!may_be_others && is_proven(name, looked, memory.seen)));
  });
}

// The certificates for which a command is to run: those out of place; those that its own command has not deployed yet.
Names wanted(const Options& options, const Names& wrong, const Names& renewed, const DeployMemory& memory) {
  Names names = wrong;
  if (is_own(options)) names.insert(renewed.begin(), renewed.end());
  for (const auto& [name, deployment] : memory) names.insert(name);
  return names;
}

// A service that is restarted with a key that is another's does not come up again. The audit tells of what is wrong.
bool may_be_used(const StoredCertificate& stored, Moment now) {
  const Certificate* leaf = leaf_of(stored);
  if (leaf == nullptr || standing(*leaf, seconds(now)) == Standing::not_yet_valid) return false;
  return stored.key_hash.empty() || stored.key_hash == leaf->key_hash;
}

// One command, for all these certificates.
struct Hook {
  sdk::Command command = {};
  std::vector<const StoredCertificate*> certificates = {};
};

std::string joined(const std::vector<std::string>& lists) {
  std::string text;
  std::set<std::string_view> known;
  for (const std::string& list : lists)
    for (const std::string_view word : plugins::split_words(list))
      if (text.size() + word.size() < most_domains && known.insert(word).second)
        text += (text.empty() ? "" : " ") + std::string(word);
  return text;
}

// The project's own command runs for all of `names` as soon as it may for one.
std::vector<Hook> hooks_to_run(Context& context, const Options& options, const Survey& survey, const Names& names,
                               const DeployMemory& memory) {
  const ClientOptions client = looked_at(options);
  const Moment now = context.now();
  std::vector<Hook> hooks;
  Hook own;
  std::vector<std::string> domains;
  bool is_due = false;
  for (const std::string& name : names) {
    const StoredCertificate* stored = find_stored(survey, name);
    if (stored == nullptr || !may_be_used(*stored, now)) continue;
    auto command = deploy_command(client, *stored);
    if (!command) continue;
    const bool may = may_deploy(memory, name, leaf_of(*stored)->fingerprint, now, !context.scheduled());
    if (!is_own(options)) {
      if (may) hooks.push_back({std::move(*command), {stored}});
      continue;
    }
    is_due = is_due || may;
    domains.push_back(command->environment["RENEWED_DOMAINS"]);
    if (own.certificates.empty()) own.command = std::move(*command);
    own.certificates.push_back(stored);
  }
  if (!is_due) return hooks;
  own.command.environment["RENEWED_DOMAINS"] = joined(domains);
  hooks.push_back(std::move(own));
  return hooks;
}

void note(const Hook& hook, Moment now, int status, int signal, const std::string& text, DeployMemory& memory) {
  for (const StoredCertificate* stored : hook.certificates) {
    note_attempt(memory, stored->name, leaf_of(*stored)->fingerprint, now, status, signal);
    memory[stored->name].hooks = cut(text, 500);
  }
}

void run_hook(Context& context, Hook& hook, Memory& memory) {
  const DeployMemory earlier = memory.deploy;
  const auto left = std::chrono::duration_cast<Milliseconds>(context.deadline() - context.now()) - time_to_tell;
  if (left < shortest_hook) {
    note(hook, context.now(), 0, killed, "the run had no time left for it", memory.deploy);
    return;
  }
  note(hook, context.now(), 0, killed, "the run ended before the command did", memory.deploy);
  context.checkpoint(to_json(memory));
  hook.command.timeout = std::min(left, longest_hook);
  Completed completed;
  std::string text;
  try {
    completed = context.exec(hook.command);
    text = failed_hooks_text(read_failed_hooks(completed.output));
  } catch (const Failure& failure) {
    if (failure.status() != MAINTAIN_TIMEOUT) throw;
    completed.signal = killed;
    text = "it did not end within " + plugins::span_text(hook.command.timeout);
  }
  memory.deploy = earlier;
  note(hook, context.now(), completed.status, completed.signal, text, memory.deploy);
  context.checkpoint(to_json(memory));
}

// What certbot ran by itself after its renewal did not help: the first of the failures that count.
void note_clients_own(const Options& options, const StoredCertificate& stored, Moment now, DeployMemory& memory) {
  const std::string& fingerprint = leaf_of(stored)->fingerprint;
  const auto known = memory.find(stored.name);
  const bool is_noted = known != memory.end() && known->second.fingerprint == fingerprint;
  if (is_own(options) || !stored.has_deploy_hook || is_noted) return;
  note_attempt(memory, stored.name, fingerprint, now, 0, 0);
}

Names look_again(Context& context, const Options& options, const Probe& probe_here, const Names& tried, Looked& looked,
                 const Memory& memory) {
  Names wrong;
  for (const Milliseconds settle : settles) {
    context.sleep(settle);
    if (!options.client.deployed.empty()) survey(context, options, looked);
    probe_again(context, options, probe_here, tried, memory.seen, looked);
    wrong = to_deploy(looked.survey, looked.served, memory.seen);
    if (std::none_of(tried.begin(), tried.end(), [&](const std::string& name) { return wrong.contains(name); })) break;
  }
  return wrong;
}

}  // namespace

void note_failed_hooks(const Options& options, const Renewal& renewal, const Survey& survey, Moment now,
                       DeployMemory& memory) {
  if (renewal.failed_deploy_hooks.empty()) return;
  const ClientOptions client = looked_at(options);
  for (const std::string& name : renewal.changed) {
    const StoredCertificate* stored = find_stored(survey, name);
    if (stored == nullptr || leaf_of(*stored) == nullptr) continue;
    const bool can_run = deploy_command(client, *stored).has_value();
    // What can be run again is, at once.
    note_attempt(memory, name, leaf_of(*stored)->fingerprint, can_run ? now - deploy_pause(1) : now, 1, 0);
    memory[name].hooks = renewal.failed_deploy_hooks;
    memory[name].by_client = !can_run;
  }
}

Names deploy(Context& context, const Options& options, const Probe& probe_here, const Names& renewed, Looked& looked,
             Memory& memory) {
  Names wrong = to_deploy(looked.survey, looked.served, memory.seen);
  forget_settled(options, looked, wrong, !context.scheduled(), memory);
  auto hooks = hooks_to_run(context, options, looked.survey, wanted(options, wrong, renewed, memory.deploy),
                            memory.deploy);
  Names tried;
  for (const Hook& hook : hooks)
    for (const StoredCertificate* stored : hook.certificates) tried.insert(stored->name);
  if (tried.empty() || context.check_mode()) return tried;
  for (Hook& hook : hooks) {
    for (const StoredCertificate* stored : hook.certificates)
      if (renewed.contains(stored->name)) note_clients_own(options, *stored, context.now(), memory.deploy);
    run_hook(context, hook, memory);
  }
  wrong = look_again(context, options, probe_here, tried, looked, memory);
  forget_settled(options, looked, wrong, false, memory);
  return tried;
}

std::map<std::string, DeployStory> deploy_stories(const DeployMemory& memory) {
  std::map<std::string, DeployStory> stories;
  for (const auto& [name, deployment] : memory) {
    const std::string often = deployment.attempts == 1 ? "once" : std::to_string(deployment.attempts) + " times";
    std::string text = "It was deployed " + often + " in vain";
    const bool has_reason = !deployment.hooks.empty();
    if (deployment.by_client) text = "The client has renewed it, and its hook failed";
    else if (deployment.signal != 0 && has_reason) text += ": " + deployment.hooks;
    else if (deployment.signal != 0) text += "; the command was ended by signal " + std::to_string(deployment.signal);
    else text += "; the command ended with exit status " + std::to_string(deployment.status);
    if (has_reason && (deployment.by_client || deployment.signal == 0)) text += " (" + deployment.hooks + ")";
    stories[name] = {.quiet = !is_news(memory, name), .text = text + "."};
  }
  return stories;
}

}  // namespace maintain::letsencrypt
