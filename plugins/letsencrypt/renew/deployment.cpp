#include "letsencrypt/renew/deployment.hpp"

#include <algorithm>

#include "common/duration.hpp"
#include "letsencrypt/client/deploy.hpp"
#include "letsencrypt/renew/json_parts.hpp"

namespace maintain::letsencrypt {
namespace {

using namespace std::chrono_literals;
using sdk::Completed;
using sdk::Context;
using sdk::Failure;
using Names = std::set<std::string>;

constexpr Milliseconds longest_hook = 5min;
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
// is in its place. Without a place that can be looked at, the command's exit status has to do.
void forget_settled(const Options& options, const Looked& looked, const Names& wrong, Memory& memory) {
  const ClientOptions client = looked_at(options);
  std::erase_if(memory.deploy, [&](const auto& entry) {
    const auto& [name, deployment] = entry;
    const StoredCertificate* stored = find_stored(looked.survey, name);
    const Certificate* leaf = stored == nullptr ? nullptr : leaf_of(*stored);
    if (leaf == nullptr || leaf->fingerprint != deployment.fingerprint) return true;
    if (!deploy_command(client, *stored)) return true;
    const bool went_well = deployment.status == 0 && deployment.signal == 0;
    return !wrong.contains(name) && (went_well || is_proven(name, looked, memory.seen));
  });
}

// The certificates for which a command is to run: those out of place; those that its own command has not deployed yet.
Names wanted(const Options& options, const Names& wrong, const Names& renewed, const DeployMemory& memory) {
  Names names = wrong;
  if (is_own(options)) names.insert(renewed.begin(), renewed.end());
  for (const auto& [name, deployment] : memory) names.insert(name);
  return names;
}

void run_hook(Context& context, sdk::Command command, const StoredCertificate& stored, DeployMemory& memory) {
  command.timeout = longest_hook;
  int status = 0;
  int signal = 0;
  std::string hooks;
  try {
    const Completed completed = context.exec(command);
    status = completed.status;
    signal = completed.signal;
    hooks = failed_hooks_text(read_failed_hooks(completed.output));
  } catch (const Failure& failure) {
    if (failure.status() != MAINTAIN_TIMEOUT) throw;
    signal = 9;
    hooks = "it did not end within " + plugins::span_text(longest_hook);
  }
  note_attempt(memory, stored.name, leaf_of(stored)->fingerprint, context.now(), status, signal);
  memory[stored.name].hooks = cut(hooks, 500);
}

// What certbot ran by itself after its renewal did not help: the first of the failures that count.
void note_clients_own(const Options& options, const StoredCertificate& stored, Moment now, DeployMemory& memory) {
  if (is_own(options) || !stored.has_deploy_hook || memory.contains(stored.name)) return;
  note_attempt(memory, stored.name, leaf_of(stored)->fingerprint, now, 0, 0);
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

void note_failed_hooks(const Names& renewed, const std::string& hooks, const Survey& survey, Moment now,
                       DeployMemory& memory) {
  if (hooks.empty()) return;
  for (const std::string& name : renewed) {
    const StoredCertificate* stored = find_stored(survey, name);
    if (stored == nullptr || leaf_of(*stored) == nullptr || !stored->has_deploy_hook) continue;
    note_attempt(memory, name, leaf_of(*stored)->fingerprint, now, 1, 0);
    memory[name].hooks = hooks;
  }
}

Names deploy(Context& context, const Options& options, const Probe& probe_here, const Names& renewed, Looked& looked,
             Memory& memory) {
  Names wrong = to_deploy(looked.survey, looked.served, memory.seen);
  forget_settled(options, looked, wrong, memory);
  const ClientOptions client = looked_at(options);
  const bool by_hand = !context.scheduled();
  Names tried;
  for (const std::string& name : wanted(options, wrong, renewed, memory.deploy)) {
    const StoredCertificate* stored = find_stored(looked.survey, name);
    if (stored == nullptr || leaf_of(*stored) == nullptr) continue;
    auto command = deploy_command(client, *stored);
    if (!command) continue;
    const bool fresh = renewed.contains(name);
    if (!fresh && !may_deploy(memory.deploy, name, leaf_of(*stored)->fingerprint, context.now(), by_hand)) continue;
    tried.insert(name);
    if (context.check_mode()) continue;
    if (fresh) note_clients_own(options, *stored, context.now(), memory.deploy);
    run_hook(context, std::move(*command), *stored, memory.deploy);
  }
  if (tried.empty() || context.check_mode()) return tried;
  wrong = look_again(context, options, probe_here, tried, looked, memory);
  forget_settled(options, looked, wrong, memory);
  return tried;
}

std::map<std::string, DeployStory> deploy_stories(const DeployMemory& memory) {
  std::map<std::string, DeployStory> stories;
  for (const auto& [name, deployment] : memory) {
    const std::string often = deployment.attempts == 1 ? "once" : std::to_string(deployment.attempts) + " times";
    std::string text = "It was deployed " + often + " in vain";
    if (deployment.signal != 0) text += "; the command was ended by signal " + std::to_string(deployment.signal);
    else text += "; the command ended with exit status " + std::to_string(deployment.status);
    if (!deployment.hooks.empty()) text += " (" + deployment.hooks + ")";
    stories[name] = {.quiet = !is_news(memory, name), .text = text + "."};
  }
  return stories;
}

}  // namespace maintain::letsencrypt
