// Bodies of Context that reach the server or run programs: exec, job, files, local, facts.
#pragma once

#include <maintain/detail/call.hpp>
#include <maintain/detail/context.hpp>
#include <maintain/plugin.hpp>

namespace maintain::sdk {

namespace detail {

// "'apt-get update'", or "the script"; a secret command is not named.
inline std::string name_of(const Command& command) {
  if (command.secret) return "a command";
  if (!command.script.empty()) return "the script";
  std::string words;
  for (const auto& word : command.argv) words += (words.empty() ? "" : " ") + word;
  return "'" + words + "'";
}

inline std::string last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  const auto start = text.rfind('\n');
  return std::string(start == std::string_view::npos ? text : text.substr(start + 1));
}

inline constexpr std::size_t followed_output_limit = 16 * 1024 * 1024;

}  // namespace detail

inline Completed Context::exec(const Command& command) {
  if (command.confined_to) throw Failure(MAINTAIN_INVALID_ARGUMENT, "only local programs can be confined");
  const maintain_exec_1& exec = table(exec_, MAINTAIN_EXEC_1);
  return detail::run_command(command, "running a command on the server",
                             [&](const maintain_command* raw, maintain_exit* exit, maintain_error* error) {
                               return exec.run(host_, raw, exit, error);
                             });
}

inline Completed Context::must(const Command& command) {
  Completed done = exec(command);
  if (done.ok()) return done;
  std::string message = detail::name_of(command);
  message += done.signal != 0 ? " was ended by signal " + std::to_string(done.signal)
                              : " failed with exit status " + std::to_string(done.status);
  const std::string reason = command.secret ? "" : detail::last_line(done.error_output);
  if (!reason.empty()) message += ": " + reason;
  throw Failure(MAINTAIN_FAILED, message);
}

inline void Context::reconnect(Milliseconds timeout) {
  detail::ErrorSlot error;
  error.check(table(exec_, MAINTAIN_EXEC_1).reconnect(host_, timeout.count(), error.raw()), "reconnecting");
}

inline JobPhase Context::find_job(std::string_view name) {
  maintain_job_phase phase = MAINTAIN_JOB_NONE;
  detail::ErrorSlot error;
  error.check(table(job_, MAINTAIN_JOB_1).find(host_, detail::to_text(name), &phase, error.raw()), "finding a job");
  return static_cast<JobPhase>(phase);
}

inline void Context::start_job(std::string_view name, const Command& command) {
  if (command.confined_to) throw Failure(MAINTAIN_INVALID_ARGUMENT, "only local programs can be confined");
  const detail::RawCommand raw(command);
  detail::ErrorSlot error;
  error.check(table(job_, MAINTAIN_JOB_1).start(host_, detail::to_text(name), raw.raw(), error.raw()),
              "starting a job");
}

inline Completed Context::follow_job(std::string_view name, Milliseconds timeout, Milliseconds idle_timeout,
                                     const std::function<void(std::string_view)>& on_output, std::uint64_t offset) {
  std::string output;
  bool cut = false;
  const detail::Sink sink(on_output ? on_output : [&](std::string_view bytes) {
    const auto room = detail::followed_output_limit - output.size();
    cut = cut || bytes.size() > room;
    output.append(bytes.substr(0, room));
  });
  maintain_exit exit = detail::new_exit();
  detail::ErrorSlot error;
  const auto status = table(job_, MAINTAIN_JOB_1)
                          .follow(host_, detail::to_text(name), &offset, sink.raw(), timeout.count(),
                                  idle_timeout.count(), &exit, error.raw());
  sink.rethrow();
  error.check(status, "following a job");
  Completed result = detail::completed(exit);
  result.output = std::move(output);
  result.truncated = result.truncated || cut;
  return result;
}

inline void Context::stop_job(std::string_view name, Milliseconds grace) {
  detail::ErrorSlot error;
  error.check(table(job_, MAINTAIN_JOB_1).stop(host_, detail::to_text(name), grace.count(), error.raw()),
              "stopping a job");
}

inline void Context::collect_job(std::string_view name) {
  detail::ErrorSlot error;
  error.check(table(job_, MAINTAIN_JOB_1).collect(host_, detail::to_text(name), error.raw()), "collecting a job");
}

inline std::optional<maintain_file_info> Context::stat(std::string_view path, std::string_view become_user) {
  maintain_file_info info{};
  info.struct_size = sizeof info;
  detail::ErrorSlot error;
  const auto status = table(files_, MAINTAIN_FILES_1)
                          .stat(host_, detail::to_text(path), detail::to_text(become_user), &info, error.raw());
  if (status == MAINTAIN_NOT_FOUND) return std::nullopt;
  error.check(status, "stat");
  return info;
}

inline std::string Context::read_file(std::string_view path, std::uint64_t limit, std::string_view become_user) {
  std::string content;
  const detail::Sink sink(content);
  detail::ErrorSlot error;
  const auto status =
      table(files_, MAINTAIN_FILES_1)
          .read(host_, detail::to_text(path), detail::to_text(become_user), limit, sink.raw(), error.raw());
  sink.rethrow();
  error.check(status, "reading a file");
  return content;
}

inline void Context::put_file(std::string_view path, std::string_view content, std::uint32_t mode,
                              std::string_view become_user) {
  detail::ErrorSlot error;
  error.check(table(files_, MAINTAIN_FILES_1)
                  .put(host_, detail::to_text(path), detail::to_text(become_user), mode, detail::to_text(content),
                       error.raw()),
              "writing a file");
}

inline Completed Context::local(const Command& command) {
  const maintain_local_1& local = table(local_, MAINTAIN_LOCAL_1);
  if (command.confined_to && !MAINTAIN_HAS(&local, run_confined))
    throw Failure(MAINTAIN_UNSUPPORTED, "this maintain cannot confine local programs");
  return detail::run_command(command, "running a local program",
                             [&](const maintain_command* raw, maintain_exit* exit, maintain_error* error) {
                               if (!command.confined_to) return local.run(host_, raw, exit, error);
                               const detail::RawConfinement confinement(*command.confined_to);
                               return local.run_confined(host_, raw, confinement.raw(), exit, error);
                             });
}

inline std::string Context::directory() {
  std::string path;
  const detail::Sink sink(path);
  detail::ErrorSlot error;
  const auto status = table(local_, MAINTAIN_LOCAL_1).directory(host_, sink.raw(), error.raw());
  sink.rethrow();
  error.check(status, "the task's directory");
  return path;
}

inline std::vector<std::string> Context::remote_shell(bool with_destination) {
  std::string words;
  const detail::Sink sink(words);
  detail::ErrorSlot error;
  const auto status =
      table(local_, MAINTAIN_LOCAL_1).remote_shell(host_, with_destination ? 1u : 0u, sink.raw(), error.raw());
  sink.rethrow();
  error.check(status, "the remote shell");
  return Json::parse(words).get<std::vector<std::string>>();
}

inline Facts Context::facts() {
  std::string text;
  const detail::Sink sink(text);
  detail::ErrorSlot error;
  const auto status = table(facts_, MAINTAIN_FACTS_1).get(host_, sink.raw(), error.raw());
  sink.rethrow();
  error.check(status, "facts");
  const Json json = Json::parse(text);
  const auto word = [&](const char* key) { return json.value(key, std::string{}); };
  Facts facts;
  facts.os_id = word("os_id");
  facts.os_version = word("os_version");
  facts.os_codename = word("os_codename");
  facts.arch = word("arch");
  facts.kernel = word("kernel");
  facts.boot_id = word("boot_id");
  facts.init = word("init");
  facts.container = word("container");
  facts.hostname = word("hostname");
  facts.user = word("user");
  facts.uptime_seconds = json.value("uptime_seconds", std::int64_t{0});
  facts.time_ms = json.value("time_ms", std::int64_t{0});
  return facts;
}

}  // namespace maintain::sdk
