// The test kit's run_task and validate_options.
#pragma once

#include <maintain/detail/fake_tables.hpp>
#include <maintain/testkit.hpp>

namespace maintain::sdk::testkit {

namespace detail {

// A maintain_task that is destroyed with this.
class OwnedTask {
 public:
  explicit OwnedTask(const maintain_task* task) : task_(task) {}
  OwnedTask(const maintain_plugin* plugin, const std::string& type, const maintain_host* host) {
    if (plugin == nullptr) throw TestProblem("there is no plugin");
    sdk::detail::ErrorSlot error;
    const auto status = plugin->create(host, to_text(type), &task_, error.raw());
    if (status != MAINTAIN_OK) throw TestProblem("cannot create " + type + ": " + error.message());
  }
  ~OwnedTask() { task_->destroy(task_); }
  OwnedTask(const OwnedTask&) = delete;
  OwnedTask& operator=(const OwnedTask&) = delete;
  const maintain_task* get() const { return task_; }

 private:
  const maintain_task* task_ = nullptr;
};

inline int64_t milliseconds(const std::optional<Moment>& moment) {
  return moment ? int64_t{moment->time_since_epoch().count()} : 0;
}

inline TaskRun run_created(const maintain_task* task, FakeServer& server, const RunOptions& options) {
  auto& script = server.script();
  script.start = server.now();
  script.deadline = options.deadline.value_or(server.now() + std::chrono::hours(2));
  script.server_name = options.server;
  script.check = options.check;
  const std::string json = options.options.dump();

  maintain_request request{};
  request.struct_size = sizeof request;
  request.mode = options.check ? MAINTAIN_MODE_CHECK : MAINTAIN_MODE_APPLY;
  request.server = to_text(options.server);
  request.project = to_text(options.project);
  request.task = to_text(options.task);
  request.options = to_text(json);
  request.timezone = to_text(options.timezone);
  request.scheduled_ms = milliseconds(options.scheduled);
  request.window_end_ms = milliseconds(options.window_end);
  request.deadline_ms = milliseconds(script.deadline);
  request.reattach = options.reattach ? 1 : 0;

  TaskRun run;
  maintain_outcome outcome = MAINTAIN_OUTCOME_FAILED;
  sdk::detail::ErrorSlot error;
  script.running = true;
  run.status = task->run(task, &request, &outcome, error.raw());
  script.running = false;
  run.message = error.message();
  run.outcome = run.status == MAINTAIN_OK ? static_cast<Outcome>(outcome) : Outcome::failed;

  const auto problems = server.problems();
  if (!problems.empty() && !options.lenient) {
    std::string text;
    for (const auto& problem : problems) text += "\n  " + problem;
    if (!run.message.empty()) text += "\n  the task ended with: " + run.message;
    throw TestProblem("the task did not do what the test expects:" + text);
  }
  return run;
}

inline std::optional<std::string> validate_created(const maintain_task* task, const Json& options) {
  const std::string json = options.dump();
  sdk::detail::ErrorSlot problem;
  const auto status = task->validate(task, to_text(json), problem.raw());
  if (status == MAINTAIN_OK) return std::nullopt;
  const Json detail = Json::parse(problem.detail(), nullptr, false);
  return detail.is_object() ? detail.value("path", std::string{}) + ": " + problem.message() : problem.message();
}

}  // namespace detail

inline TaskRun run_task(Task& task, FakeServer& server, const RunOptions& options) {
  const detail::OwnedTask owned(sdk::detail::new_box(server.host(), nullptr, &task));
  return detail::run_created(owned.get(), server, options);
}
inline TaskRun run_task(const maintain_plugin* plugin, const std::string& task_type, FakeServer& server,
                        const RunOptions& options) {
  const detail::OwnedTask owned(plugin, task_type, server.host());
  return detail::run_created(owned.get(), server, options);
}

inline std::optional<std::string> validate_options(Task& task, const Json& options) {
  FakeServer server;
  const detail::OwnedTask owned(sdk::detail::new_box(server.host(), nullptr, &task));
  return detail::validate_created(owned.get(), options);
}
inline std::optional<std::string> validate_options(const maintain_plugin* plugin, const std::string& task_type,
                                                   const Json& options) {
  FakeServer server;
  const detail::OwnedTask owned(plugin, task_type, server.host());
  return detail::validate_created(owned.get(), options);
}

}  // namespace maintain::sdk::testkit
