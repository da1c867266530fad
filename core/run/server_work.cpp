#include "run/server_work.hpp"

#include <algorithm>
#include <csignal>
#include <set>

#include <fmt/format.h>

#include "run/limits.hpp"
#include "run/plan_statuses.hpp"
#include "run/server_notes.hpp"
#include "run/stray_output.hpp"

namespace maintain {
namespace {

constexpr int most_deaths_without_task = 2;
// A dead worker's socket holds less than this; a process that it left behind may go on writing.
constexpr int most_reads_after_death = 64;

}  // namespace

ServerWork::ServerWork(RunState& state, Server server) : state_(state), server_(std::move(server)) {
  report_.server = server_.name;
  if (!state_.request.by_hand) return;
  due_ = {state_.request.by_hand->task};
  plan_ = Plan{server_.name, due_};
}

ServerDirectories ServerWork::directories() const {
  const RunRequest& request = state_.request;
  return server_directories(state_root(request.settings.state_directory, request.by_hand.has_value()), {}, {},
                            server_.name);
}

void ServerWork::log(LogLevel level, const std::string& line) {
  const TaskKey about = task_ ? task_->key() : TaskKey{server_.name, {}, {}};
  state_.observer.log(about, level, clean_line(line));
}

Result<Assignment> ServerWork::make_assignment() {
  Assignment assignment;
  assignment.server = server_;
  assignment.purpose = state_.request.purpose;
  assignment.mode = state_.request.mode;
  assignment.now = state_.clock.now();
  assignment.only_tasks = state_.request.only_tasks;
  assignment.now_tasks = state_.request.now_tasks;
  // Of what is wrong with the server or its configuration only a look at it tells that it is over.
  assignment.refresh_configs = state_.request.refresh_configs || state_.with_open_findings.contains(server_.name);
  auto memory = state_.store.server_memory(server_.name);
  if (!memory) return fail(memory.error());
  memory_ = std::move(*memory);
  assignment.memory = memory_;
  auto records = state_.store.server_records(server_.name);
  if (!records) return fail(records.error());
  assignment.records = std::move(*records);
  auto marks = state_.store.legacy_marks();
  if (!marks) return fail(marks.error());
  for (LegacyMark& mark : *marks)
    if (mark.server == server_.name) assignment.legacy_marks.push_back(std::move(mark));
  if (plan_) {
    assignment.first_index = next_task_;
    assignment.resume.emplace(due_.begin() + static_cast<std::ptrdiff_t>(next_task_), due_.end());
  }
  if (const auto& by_hand = state_.request.by_hand) {
    assignment.by_hand = true;
    assignment.memory.configs = by_hand->configs;
    for (const auto& directory : by_hand->writable) assignment.writable.push_back(directory.string());
  }
  return assignment;
}

void ServerWork::start_worker(LauncherLink& launcher, std::uint64_t worker) {
  wants_worker_ = false;
  worker_ = worker;
  greeted_ = done_ = overdue_ = asking_ = false;
  malformed_.clear();
  stopping_ = Stopping::no;
  if ((!plan_ || state_.request.by_hand) && deaths_without_task_ == 0) state_.observer.server_started(server_.name);

  const auto assignment = make_assignment();
  if (!assignment) {
    state_.require(fail(assignment.error()));
    return give_up(assignment.error());
  }
  auto channel = launcher.start_worker(worker);
  if (!channel) return cannot_start(channel.error());
  channel_ = std::move(*channel);
  (void)channel_.send(Hello{});
  if (auto sent = channel_.send(*assignment); !sent) {
    channel_.close();
    return cannot_start(sent.error());
  }
  limit(state_.request.stop_times.start_limit);
}

void ServerWork::read() {
  const Channel::Received received = channel_.receive();
  listen();
  if (received != Channel::Received::end) return;
  channel_.close();
  // It is ending; if it only closed its socket, that is no way to go on.
  if (stopping_ < Stopping::terminated) {
    stopping_ = Stopping::terminated;
    limit(state_.request.stop_times.term_grace);
  }
}

void ServerWork::listen() {
  while (malformed_.empty()) {
    auto message = channel_.next();
    if (message && !*message) return;
    Result<void> handled = message ? handle(**message) : fail(message.error());
    if (handled) continue;
    malformed_ = "its worker sent " + clean_line(handled.error().message);
    log(LogLevel::error, malformed_);
    stopping_ = Stopping::terminated;  // SIGKILL is next
    limit(Milliseconds(0));
  }
}

void ServerWork::answer(const Answer& answer) {
  asking_ = false;
  (void)channel_.send(answer);
}

void ServerWork::interrupt(LauncherLink& launcher) {
  if (finished_ || worker_ == 0) return;
  if (interrupted_) {
    launcher.signal_worker(worker_, SIGKILL);
    stopping_ = Stopping::killed;
    return limit(state_.request.stop_times.term_grace);
  }
  interrupted_ = true;
  (void)channel_.send(Cancel{});
  if (const auto waiting = state_.leases.cancel(worker_)) answer(*waiting);
  if (stopping_ != Stopping::no) return;
  stopping_ = Stopping::asked;
  limit(state_.request.stop_times.cancel_grace);
}

void ServerWork::never_start() { stop_short(); }

// Of a server that was not done it must not look as if all were well.
void ServerWork::stop_short() {
  const bool looked_at = plan_ || (state_.request.purpose == Purpose::ping && report_.contacted);
  if (!looked_at) return give_up({ErrorKind::cancelled, "not looked at: the run was stopped", {}, {}});
  if (next_task_ < due_.size())
    return give_up({ErrorKind::cancelled, "the run was stopped before all that is due had run", {}, {}});
  finish();
}

void ServerWork::deadline_passed(LauncherLink& launcher) {
  const StopTimes& times = state_.request.stop_times;
  switch (stopping_) {
    case Stopping::no:
      overdue_ = true;
      log(LogLevel::warning, task_ ? "out of time, is asked to stop" : "its worker gets nowhere, is asked to stop");
      (void)channel_.send(task_ ? Cancel{task_->index()} : Cancel{});
      if (const auto waiting = state_.leases.cancel(worker_)) answer(*waiting);
      stopping_ = Stopping::asked;
      return limit(times.cancel_grace);
    case Stopping::asked:
      launcher.signal_worker(worker_, SIGTERM);
      stopping_ = Stopping::terminated;
      return limit(times.term_grace);
    case Stopping::terminated:
      launcher.signal_worker(worker_, SIGKILL);
      stopping_ = Stopping::killed;
      return limit(times.term_grace);
    case Stopping::killed:
      return conclude("cannot be killed");  // stuck in the kernel: nothing more can be done about it
  }
}

void ServerWork::worker_ended(const std::string& how) {
  for (int i = 0; i < most_reads_after_death && channel_.open(); ++i) {
    if (channel_.receive() != Channel::Received::something) break;
    listen();
  }
  conclude(how);
}

void ServerWork::conclude(const std::string& how) {
  state_.leases.forget(worker_);
  channel_.close();
  deadline_.reset();
  worker_ = 0;
  const std::string told = malformed_.empty() ? how : malformed_;
  const bool died_in_task = task_.has_value();
  if (died_in_task) end_task_by_force(told);
  else if (!done_ || overdue_) ++deaths_without_task_;

  const bool nothing_left = plan_ && next_task_ >= due_.size();
  if (interrupted_ || state_.failure) return stop_short();
  if ((done_ && !overdue_) || (nothing_left && (died_in_task || ran_tasks_))) return finish();
  // One that got nowhere in so long would do so again.
  if (deaths_without_task_ < most_deaths_without_task && !(overdue_ && !died_in_task)) {
    wants_worker_ = true;
    return;
  }
  const std::string why = overdue_ ? "it got nowhere and was ended" : told;
  record_given_up(state_, server_, why, read_stray_output(directories()));
  give_up({ErrorKind::internal, "its worker did not get as far as a task: " + why, {}, {}});
}

void ServerWork::end_task_by_force(const std::string& how) {
  const Outcome outcome = interrupted_ ? Outcome::cancelled : overdue_ ? Outcome::timed_out : Outcome::crashed;
  const std::string stray = read_stray_output(directories());
  if (!stray.empty()) task_->add_output("\n[printed by the plugin's process]\n" + stray + "\n");

  close_task(outcome, outcome == Outcome::crashed ? how : "it did not end when asked to, and was ended by force", {});
}

void ServerWork::close_task(Outcome outcome, const std::string& closing_line,
                            const std::optional<std::string>& new_state) {
  TaskCommit commit =
      task_->close(state_.result.run.id, state_.request.mode, outcome, state_.clock.now(), closing_line);
  commit.new_state = new_state;
  task_.reset();
  ++next_task_;
  ran_tasks_ = true;
  state_.record(commit);
  state_.observer.task_finished(commit.result);
}

// On record, so that the report tells of a server whose tasks cannot run.
void ServerWork::cannot_start(const Error& error) {
  worker_ = 0;
  record_given_up(state_, server_, "it cannot be started: " + error.message, "");
  give_up(error);
}

void ServerWork::give_up(const Error& error) {
  if (!report_.error) report_.error = clean(error);
  finish();
}

void ServerWork::finish() {
  finished_ = true;
  wants_worker_ = false;
  deadline_.reset();
  if (ran_tasks_ && plan_ && state_.writes() && !state_.request.by_hand) {
    const Time now = state_.clock.now();
    std::set<TaskKey> ran;
    for (std::size_t i = 0; i < next_task_; ++i) ran.insert(due_[i].key);
    if (const auto records = state_.store.server_records(server_.name)) {
      const Plan after = replanned(*plan_, ran, *records, now);
      state_.require(state_.store.save_task_statuses(server_.name, statuses_of(after, contacts_, now), now));
    }
  }
  state_.observer.server_finished(report_);
}

}  // namespace maintain
