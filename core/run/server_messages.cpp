// What a worker says, and what comes of it. Anything out of order is malformed: an Error here ends the worker.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "model/names.hpp"
#include "run/limits.hpp"
#include "run/plan_statuses.hpp"
#include "run/server_notes.hpp"
#include "run/server_work.hpp"
#include "run/survey.hpp"
#include "run/task_timeout.hpp"

namespace maintain {
namespace {

tl::unexpected<Error> out_of_order(const char* what) {
  return fail(ErrorKind::internal, std::string(what) + " out of order");
}

// The error says better than we could what to do; report/ knows the finding by its code.
Finding why_failed(const Error& error) {
  Error without_hint = error;
  without_hint.hint.clear();
  Finding finding;
  finding.state = State::critical;
  finding.code = "task.failed";
  finding.title = "the task failed: " + without_hint.describe();
  finding.action = error.hint;
  return finding;
}

}  // namespace

Result<void> ServerWork::handle(Message& message) {
  if (const auto* hello = std::get_if<Hello>(&message)) {
    if (greeted_ || hello->protocol != protocol_version) return out_of_order("a greeting");
    greeted_ = true;
    return {};
  }
  if (!greeted_ || done_) return out_of_order("a message");
  if (const auto* unconfined = std::get_if<Unconfined>(&message)) {
    if (!state_.told_unconfined)
      state_.observer.log({}, LogLevel::warning, "workers can write everywhere: " + clean_line(unconfined->reason));
    state_.told_unconfined = true;
    return {};
  }
  if (auto* m = std::get_if<Contacted>(&message)) return handle(*m);
  if (auto* m = std::get_if<NotContacted>(&message)) return handle(*m);
  if (auto* m = std::get_if<ConfigsFetched>(&message)) return handle(*m);
  if (auto* m = std::get_if<Planned>(&message)) return handle(*m);
  if (auto* m = std::get_if<TaskStarted>(&message)) return handle(*m);
  if (auto* m = std::get_if<TaskEnded>(&message)) return handle(*m);
  if (auto* m = std::get_if<Ask>(&message)) return handle(*m);
  if (const auto* line = std::get_if<LogLine>(&message)) {
    const std::string text = clean_line(line->line);
    if (task_ && line->level != LogLevel::debug) task_->add_log(line->level, text);
    log(line->level, text);
    return {};
  }
  if (std::holds_alternative<Done>(message)) {
    if (task_) return out_of_order("an end");
    done_ = true;
    return {};
  }
  return handle_words(message);
}

Result<void> ServerWork::handle_words(Message& message) {
  if (!task_) return out_of_order("a task's word");
  if (const auto* finding = std::get_if<FindingEmitted>(&message)) {
    task_->add(finding->finding);
  } else if (const auto* metric = std::get_if<MetricEmitted>(&message)) {
    task_->add(metric->metric);
  } else if (const auto* progress = std::get_if<ProgressEmitted>(&message)) {
    state_.observer.progress(task_->key(), progress->done, progress->total, clean_line(progress->unit));
  } else if (const auto* summary = std::get_if<SummaryEmitted>(&message)) {
    task_->set_summary(summary->line);
  } else if (const auto* output = std::get_if<OutputEmitted>(&message)) {
    task_->add_output(output->bytes);
  } else {
    return out_of_order("a message for another process");
  }
  return {};
}

Result<void> ServerWork::handle(Contacted& message) {
  report_.contacted = true;
  report_.transport = clean_line(message.transport);
  report_.facts = shorten(printable(message.facts), text_limit);
  report_.connect_time = Milliseconds(message.connect_ms);
  if (message.round_trip_ms) report_.round_trip = Milliseconds(*message.round_trip_ms);
  return {};
}

Result<void> ServerWork::handle(NotContacted& message) {
  if (task_) return out_of_order("a lost server");
  if (message.error.kind == ErrorKind::cancelled || interrupted_ || overdue_) return {};
  report_.error = clean(message.error);
  record_no_contact(state_, server_, *report_.error);
  const bool is_down = message.error.kind == ErrorKind::unreachable || message.error.kind == ErrorKind::timed_out;
  if (is_down && !memory_.unreachable_since && state_.writes()) {
    memory_.unreachable_since = state_.clock.now();
    state_.require(state_.store.save_server_memory(server_.name, memory_));
  }
  return {};
}

Result<void> ServerWork::handle(ConfigsFetched& message) {
  if (plan_) return out_of_order("configurations");
  std::size_t size = 0;
  for (const CachedConfig& config : message.configs) size += config.text.size();
  if (message.configs.size() > config_count_limit + 2 || size > configs_total_limit)
    return fail(ErrorKind::internal, "more configuration than is fetched");
  memory_.configs = std::move(message.configs);
  memory_.last_contact = memory_.configs_fetched = state_.clock.now();
  memory_.unreachable_since.reset();
  if (state_.writes()) state_.require(state_.store.save_server_memory(server_.name, memory_));
  return {};
}

Result<void> ServerWork::handle(Planned& message) {
  if (plan_ || task_) return out_of_order("a plan");
  if (auto accepted = accept_plan(message.plan, server_.name); !accepted) return accepted;
  for (const ProjectNotes& notes : message.notes) {
    if (!notes.project.empty() && !is_valid_name(notes.project))
      return fail(ErrorKind::internal, "an impossible project");
    contacts_[notes.project] = clean_line(notes.contact);
  }
  plan_ = std::move(message.plan);
  report_.from_cache = message.from_cache;
  for (const std::string& file : message.config_files) report_.config_files.push_back(clean_line(file));
  for (const Error& error : message.config_errors) report_.config_errors.push_back(clean(error));
  if (!message.from_cache) record_notes(state_, server_, message);

  if (state_.request.purpose == Purpose::run)
    for (const PlannedTask& task : plan_->tasks)
      if (task.decision == Decision::due) due_.push_back(task);
  if (state_.writes()) {
    std::map<std::string, Project> projects;
    for (const PlannedTask& task : plan_->tasks) projects[task.key.project].tasks.push_back(task.spec);
    std::vector<Project> declared;
    for (auto& [name, project] : projects) {
      project.name = name;
      declared.push_back(std::move(project));
    }
    if (auto claimed = state_.store.claim_legacy_marks(server_.name, declared); !claimed)
      state_.require(fail(claimed.error()));
    const Time now = state_.clock.now();
    state_.require(state_.store.save_task_statuses(server_.name, statuses_of(*plan_, contacts_, now), now));
  }
  state_.observer.server_planned(*plan_);
  return {};
}

Result<void> ServerWork::handle(TaskStarted& message) {
  if (task_ || message.index != next_task_ || next_task_ >= due_.size()) return out_of_order("a task");
  const PlannedTask& planned = due_[next_task_];
  task_.emplace(message.index, planned, state_.clock.now(), state_.request.settings.output_limit);
  deaths_without_task_ = 0;
  if (stopping_ == Stopping::no)
    limit(task_timeout(planned.spec, state_.request.catalog) + state_.request.stop_times.past_deadline);
  state_.observer.task_started(planned.key, planned.spec.use);
  return {};
}

Result<void> ServerWork::handle(TaskEnded& message) {
  if (!task_ || message.index != next_task_) return out_of_order("the end of a task");
  if (message.new_state && message.new_state->size() > state_limit)
    return fail(ErrorKind::internal, "too large a state");
  Outcome outcome = message.outcome;
  if (overdue_ && outcome == Outcome::cancelled) outcome = Outcome::timed_out;
  if (overdue_ && !interrupted_) {
    overdue_ = false;
    stopping_ = Stopping::no;
  }
  if (message.error && outcome == Outcome::failed && !message.error->hint.empty())
    task_->add(why_failed(*message.error));
  close_task(outcome, message.error ? clean(*message.error).describe() : std::string(), message.new_state);
  if (stopping_ == Stopping::no) limit(state_.request.stop_times.start_limit);
  return {};
}

Result<void> ServerWork::handle(Ask& message) {
  if (!task_ || asking_) return out_of_order("a request");
  asking_ = true;
  if (const auto reply = carry_out(message)) answer(*reply);
  return {};
}

std::optional<Answer> ServerWork::carry_out(const Ask& ask) {
  const auto reply = [&](const Result<void>& done) {
    return Answer{ask.ask, done ? std::nullopt : std::optional<Error>(done.error())};
  };
  if (state_.request.mode == Mode::check) return reply({});  // a dry run leaves nothing behind
  switch (ask.kind) {
    case AskKind::checkpoint:
      if (ask.text.size() > state_limit) return reply(fail(ErrorKind::refused, "the state is too large"));
      return reply(state_.store.save_task_state(task_->key(), ask.text));
    case AskKind::jobs_pending:
      if (ask.jobs.size() > most_pending_jobs || !std::all_of(ask.jobs.begin(), ask.jobs.end(), is_valid_name))
        return reply(fail(ErrorKind::refused, "not usable names of jobs"));
      return reply(state_.store.save_pending_jobs(task_->key(), ask.jobs));
    case AskKind::acquire_lock: return state_.leases.acquire(worker_, server_.name, ask);
    case AskKind::release_lock: return state_.leases.release(server_.name, ask);
  }
  return reply(fail(ErrorKind::internal, "an unknown request"));
}

}  // namespace maintain
