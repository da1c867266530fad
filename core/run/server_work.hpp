// One server's part of a run on the supervisor's side: what its worker said, what is to be done when the worker dies,
// and when it has had time enough. docs/internals-run.md has the rules.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "run/channel.hpp"
#include "run/confinement.hpp"
#include "run/launcher_link.hpp"
#include "run/run_state.hpp"
#include "run/task_account.hpp"

namespace maintain {

class ServerWork {
 public:
  ServerWork(RunState& state, Server server);

  const Server& server() const { return server_; }
  Channel& channel() { return channel_; }
  std::uint64_t worker() const { return worker_; }
  bool finished() const { return finished_; }

  // Starts a worker that begins, or carries on where the last one died.
  void start_worker(LauncherLink& launcher, std::uint64_t worker);
  bool wants_worker() const { return wants_worker_; }

  void read();                                     // the channel is readable
  void worker_ended(const std::string& how);       // everything it sent can still be read
  void answer(const Answer& answer);

  void interrupt(LauncherLink& launcher);          // the second time: at once
  void never_start();                              // the run was stopped before its turn
  std::optional<Deadline> deadline() const { return deadline_; }
  void deadline_passed(LauncherLink& launcher);

  const ServerReport& report() const { return report_; }
  const std::optional<Plan>& plan() const { return plan_; }

 private:
  // How far the worker has been asked to stop: by a frame, by SIGTERM, by SIGKILL.
  enum class Stopping { no, asked, terminated, killed };

  void listen();
  Result<void> handle(Message& message);
  Result<void> handle(Contacted& message);
  Result<void> handle(NotContacted& message);
  Result<void> handle(ConfigsFetched& message);
  Result<void> handle(Planned& message);
  Result<void> handle(TaskStarted& message);
  Result<void> handle(TaskEnded& message);
  Result<void> handle(Ask& message);
  Result<void> handle_words(Message& message);     // what needs a running task
  std::optional<Answer> carry_out(const Ask& ask);

  Result<Assignment> make_assignment();
  ServerDirectories directories() const;
  void conclude(const std::string& how);
  void end_task_by_force(const std::string& how);
  void close_task(Outcome outcome, const std::string& closing_line, const std::optional<std::string>& new_state);
  void stop_short();
  void cannot_start(const Error& error);
  void give_up(const Error& error);
  void finish();
  void log(LogLevel level, const std::string& line);
  void limit(Milliseconds span) { deadline_ = Deadline::after(span); }

  RunState& state_;
  Server server_;
  ServerReport report_;
  Channel channel_;
  std::uint64_t worker_ = 0;

  ServerMemory memory_;
  std::optional<Plan> plan_;
  std::map<std::string, std::string> contacts_;    // of projects
  std::vector<PlannedTask> due_;
  std::uint64_t next_task_ = 0;                    // in due_
  std::optional<TaskAccount> task_;

  bool greeted_ = false;
  bool done_ = false;
  bool wants_worker_ = true;
  bool finished_ = false;
  bool ran_tasks_ = false;
  bool asking_ = false;                            // the worker waits for an answer
  std::string malformed_;                          // why the worker is not listened to any more
  int deaths_without_task_ = 0;
  bool overdue_ = false;                           // the task, or the worker without one, ran out of time
  bool interrupted_ = false;
  Stopping stopping_ = Stopping::no;
  std::optional<Deadline> deadline_;
};

}  // namespace maintain
