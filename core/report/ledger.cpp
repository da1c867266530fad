#include "report/ledger.hpp"

#include <algorithm>

#include "report/own_findings.hpp"

namespace maintain {
namespace {

TaskKey key_of(const TaskResult& result) { return {result.server, result.project, result.task}; }

bool is_not_answering(const Finding& finding) { return finding.code == code_server_unreachable; }

// The supervisor may say better than we can why a server does not answer.
Finding why_unreachable(TaskResult result) {
  for (const Finding& finding : result.findings)
    if (is_not_answering(finding)) return finding;
  result.project = result.task = "";
  return finding_of_ending(result);
}

}  // namespace

FindingIdentity identity_of(const OpenFinding& open) { return {open.key, open.finding.code, open.finding.subject}; }

Ledger::Ledger(const DigestRequest& request) : request_(request) {
  for (const Server& server : request.servers)
    if (server.enabled) servers_[server.name] = &server;
  for (const TaskStatus& status : request.statuses) statuses_[status.key] = &status;
  for (const TaskResult& result : request.results) {
    if (result.outcome != Outcome::cancelled) last_result_[key_of(result)] = &result;
    if (result.task.empty() && !result.project.empty()) project_results_.emplace(result.run_id, key_of(result));
  }
}

void Ledger::start_from(const std::vector<OpenFinding>& open) {
  for (const OpenFinding& finding : open)
    if (still_exists(finding)) open_[identity_of(finding)] = finding;
}

void Ledger::apply(const TaskResult& result) {
  const TaskKey key = key_of(result);
  bool answers = false;
  switch (result.outcome) {
    case Outcome::ok:
    case Outcome::changed:
      answers = true;
      forget_if([&](const OpenFinding& open) { return is_replaced_by(open, result); });
      observe_all(key, result);
      break;
    case Outcome::skipped:
      answers = !result.task.empty();
      if (!answers) fall_silent(result);  // it is transient and absent
      observe_all(key, result);
      break;
    case Outcome::failed:
      answers = true;
      apply_failure(key, result);
      break;
    case Outcome::crashed:
    case Outcome::timed_out: apply_failure(key, result); break;
    case Outcome::unreachable:
      observe_all(key, result);
      // A task that lost its connection says nothing of the server: who could not be reached again is told apart.
      if (result.task.empty()) fall_silent(result);
      break;
    case Outcome::cancelled: break;  // whoever stopped it knows
  }
  if (!answers) return;
  answering_[result.server] = &result;
  silent_.erase(result.server);
}

void Ledger::fall_silent(const TaskResult& result) {
  answering_.erase(result.server);
  silent_[result.server] = &result;
}

// A failed run may not have come as far as to look at everything: its findings are added and none is taken back but
// the word on how the last failure ended. A run that says itself why it failed needs no words of ours.
void Ledger::apply_failure(const TaskKey& key, const TaskResult& result) {
  forget_if([&](const OpenFinding& open) {
    return open.key == key && is_ending(open.finding) && !is_not_answering(open.finding);
  });
  observe_all(key, result);
  Finding ending = finding_of_ending(result);
  const int worst_allowed = severity_rank(capped(key, State::critical));
  const auto explains = [&](const Finding& finding) {
    if (finding.code == ending.code) return true;  // the supervisor said it in its own words
    return result.outcome == Outcome::failed &&
           (finding.state == State::unknown || severity_rank(capped(key, finding.state)) >= worst_allowed);
  };
  if (std::none_of(result.findings.begin(), result.findings.end(), explains)) observe(key, std::move(ending), result);
}

void Ledger::settle_reachability() {
  forget_if([&](const OpenFinding& open) {
    return is_not_answering(open.finding) && answering_.contains(open.key.server);
  });
  for (const auto& [server, result] : silent_)
    if (result->outcome == Outcome::unreachable && !is_transient(server))
      observe({server, "", ""}, why_unreachable(*result), *result);
  for (const auto& [key, result] : last_result_)
    if (!key.task.empty() && result->outcome == Outcome::unreachable && !silent_.contains(key.server))
      observe(key, finding_of_ending(*result), *result);
}

void Ledger::settle_staleness() {
  forget_if([](const OpenFinding& open) { return open.finding.code == code_task_stale; });
  TaskResult nobody;  // no run observes that time went by
  nobody.finished = request_.now;
  for (const auto& [key, status] : statuses_) {
    if (!servers_.contains(key.server)) continue;
    if (auto finding = finding_of_staleness(*status, request_.now)) observe(key, std::move(*finding), nobody);
  }
}

void Ledger::settle_second_place() {
  forget_if([](const OpenFinding& open) { return open.finding.code == code_second_stale; });
  TaskResult nobody;  // as above
  nobody.finished = request_.now;
  for (const BackupStatus& backup : request_.second) {
    if (!servers_.contains(backup.key.server)) continue;
    if (auto finding = finding_of_second_place(backup, request_.now)) observe(backup.key, std::move(*finding), nobody);
  }
}

bool Ledger::is_recovery(const OpenFinding& before) const {
  if (!still_exists(before)) return false;
  const auto last = last_result_.find(before.key);
  const Outcome outcome = last == last_result_.end() ? Outcome::ok : last->second->outcome;
  if (is_not_answering(before.finding)) return outcome != Outcome::failed;
  if (before.finding.code == code_task_stale) return statuses_.at(before.key)->max_age.has_value();  // not taken back
  if (before.finding.code == code_second_stale)  // there is no second place any more
    return std::any_of(request_.second.begin(), request_.second.end(),
                       [&](const BackupStatus& backup) { return backup.key == before.key; });
  return !(is_ending(before.finding) && is_failure(outcome));
}

std::string Ledger::contact_of(const TaskKey& key) const {
  for (auto it = statuses_.lower_bound({key.server, key.project, ""}); it != statuses_.end(); ++it) {
    if (it->first.server != key.server || it->first.project != key.project) break;
    if (!it->second->contact.empty()) return it->second->contact;
  }
  return {};
}

bool Ledger::is_transient(const std::string& server) const {
  const auto known = servers_.find(server);
  return known != servers_.end() && known->second->transient;
}

bool Ledger::still_exists(const OpenFinding& open) const {
  if (!servers_.contains(open.key.server)) return false;
  if (is_not_answering(open.finding) && is_transient(open.key.server)) return false;
  if (const auto status = statuses_.find(open.key); status != statuses_.end() && !status->second->active) return false;
  if (open.finding.code == code_task_stale) return statuses_.contains(open.key);
  return open.key.task.empty() || statuses_.contains(open.key) || last_result_.contains(open.key);
}

// A success of a task speaks for all its findings; one of a server for its own and for those of its projects that
// have no result of their own in that run.
bool Ledger::is_replaced_by(const OpenFinding& open, const TaskResult& result) const {
  if (open.key == key_of(result)) return true;
  const bool about_server = result.task.empty() && result.project.empty();
  return about_server && open.key.server == result.server && open.key.task.empty() &&
         !project_results_.contains({result.run_id, open.key});
}

State Ledger::capped(const TaskKey& key, State state) const {
  const auto status = statuses_.find(key);
  if (status == statuses_.end() || !status->second->severity) return state;
  const State cap = *status->second->severity;
  return severity_rank(state) > severity_rank(cap) ? cap : state;
}

void Ledger::observe(const TaskKey& key, Finding finding, const TaskResult& result) {
  finding.state = capped(key, finding.state);
  OpenFinding open;
  open.key = key;
  open.finding = std::move(finding);
  open.since = result.finished == Time{} ? request_.now : result.finished;
  open.run_id = result.run_id;
  if (open.finding.state == State::ok) open_.erase(identity_of(open));
  else open_[identity_of(open)] = std::move(open);
}

// A result that emits one identity twice means the worse of both.
void Ledger::observe_all(const TaskKey& key, const TaskResult& result) {
  std::map<std::pair<std::string, std::string>, const Finding*> worst_of;
  for (const Finding& finding : result.findings) {
    if (is_not_answering(finding)) continue;  // settled at the end, whoever says it
    const Finding*& known = worst_of[{finding.code, finding.subject}];
    if (known == nullptr || severity_rank(finding.state) > severity_rank(known->state)) known = &finding;
  }
  for (const auto& [identity, finding] : worst_of) observe(key, *finding, result);
}

}  // namespace maintain
