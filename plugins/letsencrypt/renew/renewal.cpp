#include "letsencrypt/renew/renewal.hpp"

#include <algorithm>

#include <re2/re2.h>

#include "common/duration.hpp"
#include "letsencrypt/client/renewal_output.hpp"
#include "letsencrypt/renew/json_parts.hpp"
#include "letsencrypt/renew/moments.hpp"

namespace maintain::letsencrypt {
namespace {

using namespace std::chrono_literals;
using sdk::Completed;
using sdk::Context;
using sdk::Failure;

constexpr Milliseconds longest_renewal = 30min;
constexpr Milliseconds time_to_look = 10min;  // afterwards
constexpr std::uint64_t most_output = 4UL << 20;

// How a command ended, and what it printed.
struct Ended {
  std::string how = {};  // empty: well
  std::string output = {};
};

// A command that does not end is ended: there must be time to look at what it did, and to tell.
Ended run(Context& context, sdk::Command command) {
  const auto left = std::chrono::duration_cast<Milliseconds>(context.deadline() - context.now());
  command.timeout = std::clamp(left - time_to_look, Milliseconds(1min), longest_renewal);
  command.output_limit = most_output;
  try {
    const Completed completed = context.exec(command);
    Ended ended{.output = completed.output + "\n" + completed.error_output};
    if (completed.signal != 0) ended.how = "it was ended by signal " + std::to_string(completed.signal);
    else if (completed.status != 0) ended.how = "it ended with exit status " + std::to_string(completed.status);
    return ended;
  } catch (const Failure& failure) {
    if (failure.status() != MAINTAIN_TIMEOUT) throw;
    return {.how = "it did not end within " + plugins::span_text(command.timeout)};
  }
}

// Options have been validated; a text that is no expression does not get here.
bool says(const std::string& output, const std::string& expression) {
  return !expression.empty() && RE2::PartialMatch(output, RE2(expression, RE2::Quiet));
}

// A certificate that has to be renewed and did not fail: what holds up the others must not hold up this one. One that
// certbot will never renew waits for nothing.
bool others_wait(const Survey& survey, const FailureMemory& memory, std::int64_t now) {
  if (memory.names.empty()) return false;
  return std::any_of(survey.certificates.begin(), survey.certificates.end(), [&](const StoredCertificate& stored) {
    const Certificate* leaf = leaf_of(stored);
    if (!stored.in_store || leaf == nullptr) return false;
    const bool failed = std::find(memory.names.begin(), memory.names.end(), stored.name) != memory.names.end();
    const Standing age = standing(*leaf, now);
    return !failed && stored.is_configured && age != Standing::fine && age != Standing::not_yet_valid;
  });
}

// What failed, by the exit status and by what the client says; nothing when all went well.
std::optional<Failed> failure_of(const Options& options, const Ended& ended, const RenewalOutput& read, Moment began) {
  if (ended.how.empty() && read.failed.empty()) return std::nullopt;
  Failed failed{.began = began, .attempt = attempt_id(options), .error = read.error, .detail = read.detail,
                .names = read.failed};
  if (failed.error.empty()) failed.error = ended.how.empty() ? "it says that it failed" : ended.how;
  else if (!ended.how.empty()) failed.detail += (failed.detail.empty() ? "" : "\n") + ended.how;
  if (read.rate_limited_until) failed.limited_until = Moment(std::chrono::seconds(*read.rate_limited_until));
  return failed;
}

// certbot calls them deploy-hook, renew-hook before 0.21; pre and post hooks have no part in deploying.
std::string failed_deploy_hooks(const RenewalOutput& read) {
  std::string text;
  for (const std::string& hook : read.failed_hooks)
    if (hook.starts_with("deploy") || hook.starts_with("renew")) text += (text.empty() ? "" : ", ") + hook;
  return cut(text, 500);
}

bool is_busy(const RenewalOutput& read) { return read.busy && read.failed.empty(); }

FailureMemory remembered(FailureMemory memory, const std::optional<Failed>& failed, const Fingerprints& certificates) {
  if (!failed) return {};
  note_failure(memory, *failed, certificates);
  return memory;
}

std::set<std::string> differences(const Fingerprints& before, const Fingerprints& after) {
  std::set<std::string> names;
  for (const auto& [name, fingerprint] : after) {
    const auto known = before.find(name);
    if (known == before.end() || known->second != fingerprint) names.insert(name);
  }
  return names;
}

}  // namespace

Renewal renew(Context& context, const Options& options, Looked& looked, Memory& memory) {
  const Fingerprints before = fingerprints(looked.survey);
  const Moment now = context.now();
  if (was_renewed_since(memory.failure, before)) memory.failure = {};
  const auto command = renew_command(options.client);
  if (!command || !looked.survey.client_found) {
    memory.busy_since.reset();
    return {.what = Renewal::What::not_possible};
  }
  const bool by_hand = !context.scheduled();
  const auto waits = renewal_waits_until(memory.failure, now, by_hand, attempt_id(options),
                                         others_wait(looked.survey, memory.failure, seconds(now)));
  if (waits) return {.what = Renewal::What::waits, .waits_until = waits};
  if (context.check_mode()) return {.what = Renewal::What::would_run};

  const FailureMemory earlier = memory.failure;
  note_begun(memory.failure, now, attempt_id(options), before);
  // What is renewed now may be served for a while yet, and is to be known again.
  for (const StoredCertificate& stored : looked.survey.certificates)
    if (const Certificate* leaf = leaf_of(stored)) note_before_renewal(memory.seen, stored.name, *leaf, seconds(now));
  context.checkpoint(to_json(memory));
  const Ended ended = run(context, *command);
  const RenewalOutput read = read_renewal_output(options.client.client, ended.output, seconds(context.now()));
  Renewal renewal{.failed_deploy_hooks = failed_deploy_hooks(read),
                  .said_renewed = says(ended.output, options.renewed_output)};
  auto failed = failure_of(options, ended, read, now);
  if (is_busy(read)) {
    renewal.what = Renewal::What::busy;
    memory.failure = earlier;
    memory.busy_since = memory.busy_since.value_or(now);
  } else {
    memory.failure = remembered(earlier, failed, before);
    memory.busy_since.reset();
  }
  context.checkpoint(to_json(memory));  // the second look may fail

  survey(context, options, looked);
  const Fingerprints after = fingerprints(looked.survey);
  renewal.changed = differences(before, after);
  if (renewal.what == Renewal::What::busy) return renewal;
  // lego and dehydrated end badly, too, when they have renewed and only their deploy hook failed.
  const bool only_hooks = read.failed.empty() && read.error.empty() && !renewal.failed_deploy_hooks.empty();
  if (only_hooks && !renewal.changed.empty()) failed.reset();
  if (failed) renewal.what = Renewal::What::failed;
  memory.failure = remembered(earlier, failed, after);
  return renewal;
}

void rehearse(Context& context, const Options& options, RehearsalMemory& memory) {
  if (options.rehearse == Rehearse::never) memory = {};
  const Moment now = context.now();
  if (context.check_mode() || !rehearsal_is_due(memory, options.rehearse, now, !context.scheduled())) return;
  const auto command = rehearse_command(options.client);
  if (!command) return;
  const Ended ended = run(context, *command);
  const RenewalOutput read = read_renewal_output(options.client.client, ended.output, seconds(context.now()));
  if (is_busy(read)) return;
  memory = {.last = now};
  if (ended.how.empty() && read.failed.empty()) return;
  memory.failed = true;
  memory.error = read.error.empty() ? ended.how : read.error;
  memory.detail = read.detail;
}

}  // namespace maintain::letsencrypt
