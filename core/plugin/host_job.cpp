// maintain.job/1: commands that survive us.
//
// The supervisor learns of a job after there is a connection and before it is started, and forgets it after it was
// removed: a kill in between costs one needless look at the server, never a job that nobody comes back for.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/names.hpp"
#include "plugin/extension_tables.hpp"
#include "plugin/host_command.hpp"
#include "plugin/job_script.hpp"
#include "plugin/remote_job.hpp"
#include "plugin/server_call.hpp"

namespace maintain {
namespace {

constexpr Milliseconds patience = std::chrono::minutes(1);  // for the short scripts

tl::expected<RemoteJob, HostFailure> job_named(Host& host, maintain_text name) {
  if (!is_valid_name(to_view(name)))
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "a job's name must be [a-z0-9][a-z0-9._-]*, at most 100 bytes");
  if (auto time = host.check_time("a job on the server"); !time) return tl::make_unexpected(time.error());
  return RemoteJob(host.session(), JobPlace{}, job_id(host.call().key, to_string(name)));
}

HostResult refuse_in_check_mode(const Host& host, const char* what) {
  if (!host.check_mode()) return {};
  return host_fail(MAINTAIN_REFUSED, std::string("dry run: no job is ") + what);
}

// The supervisor's note names the jobs that somebody must come back for.
HostResult note(Host& host, std::set<std::string> jobs) {
  if (auto noted = host.ask([&](TaskEvents& events) { return events.jobs_pending(jobs); }); !noted)
    return host_fail(noted.error());
  host.pending_jobs = std::move(jobs);
  return {};
}

HostResult remember(Host& host, const std::string& name) {
  std::set<std::string> jobs = host.pending_jobs;
  if (!jobs.insert(name).second) return {};
  if (jobs.size() > most_pending_jobs)
    return host_fail(MAINTAIN_BUSY, fmt::format("{} jobs of the task have not been collected", most_pending_jobs));
  return note(host, std::move(jobs));
}

HostResult forget(Host& host, const std::string& name) {
  std::set<std::string> jobs = host.pending_jobs;
  return jobs.erase(name) > 0 ? note(host, std::move(jobs)) : HostResult{};
}

HostResult find(Host& host, maintain_text name, maintain_job_phase* phase) {
  auto job = job_named(host, name);
  if (!job) return tl::make_unexpected(job.error());
  if (auto connected = connect_first(host); !connected) return connected;
  const auto found = job->find(host.time_for(patience));
  if (!found) return tl::make_unexpected(failed_call(found.error()));
  *phase = static_cast<maintain_job_phase>(*found);
  // Else the task would be due at every tick, for ever. One that this run has started may still be on its way.
  const bool on_its_way = host.started_jobs.contains(to_string(name));
  if (*found == JobPhase::none && !on_its_way && !host.check_mode()) return forget(host, to_string(name));
  return {};
}

tl::expected<std::string, HostFailure> connections_user(Host& host) {
  const auto facts = host.session().facts();
  if (!facts) return host_fail(facts.error());
  const auto json = nlohmann::json::parse(*facts, nullptr, false);
  std::string user;
  if (json.is_object() && json.contains("user") && json["user"].is_string()) user = json["user"].get<std::string>();
  if (!user.empty()) return user;
  return host_fail(MAINTAIN_FAILED, "the server does not say which user we are there; name the job's");
}

// A server's word for why a job is not there, or an error from before anything was sent.
bool says_not_started(ErrorKind kind) {
  return kind == ErrorKind::remote || kind == ErrorKind::refused || kind == ErrorKind::authentication ||
         kind == ErrorKind::host_key;
}

HostResult start(Host& host, maintain_text name, const maintain_command* raw) {
  const auto command = admit_command(host, raw);
  if (!command) return tl::make_unexpected(command.error());
  if (auto allowed = refuse_in_check_mode(host, "started"); !allowed) return allowed;
  if (!command->input.empty())
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "a job has no input: nobody is there to send it");
  auto job = job_named(host, name);
  if (!job) return tl::make_unexpected(job.error());
  if (auto connected = connect_first(host); !connected) return connected;
  std::string user = command->become_user;
  if (user.empty()) {
    auto known = connections_user(host);
    if (!known) return tl::make_unexpected(known.error());
    user = std::move(*known);
  }
  if (user == "root") user.clear();  // which the wrapper is
  if (auto noted = remember(host, to_string(name)); !noted) return noted;
  host.started_jobs.insert(to_string(name));
  const auto started = job->start({job_command_file(command->argv, command->script, command->environment, user),
                                   command->quiet, command->secret},
                                  host.time_for(patience));
  if (started) return {};
  // After a lost connection nobody knows, and a busy one is worth a look.
  if (says_not_started(started.error().kind))
    if (auto forgotten = forget(host, to_string(name)); !forgotten) return forgotten;
  return tl::make_unexpected(failed_call(started.error()));
}

HostResult follow(Host& host, maintain_text name, std::uint64_t* offset, const maintain_sink* sink,
                  Milliseconds timeout, Milliseconds idle_timeout, maintain_exit* exit) {
  if (offset == nullptr || exit == nullptr || !MAINTAIN_HAS(exit, duration_ms))
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "job.follow: no place for the offset or the exit status");
  auto job = job_named(host, name);
  if (!job) return tl::make_unexpected(job.error());
  StreamFeed feed(host, sink, UINT64_MAX, true);
  FollowOptions options;
  options.deadline = Deadline::after(host.time_for(timeout));
  options.idle_timeout = idle_timeout;
  options.cancelled = [&] { return host.cancelled(); };
  options.on_output = [&](std::string_view bytes, bool quiet) { return feed.take(bytes, !quiet); };
  const auto end = job->follow(*offset, options);
  if (!feed.result()) return feed.result();
  if (!end) return host_fail(end.error());
  exit->status = end->status;
  exit->signal = end->signal;
  exit->truncated = 0;
  exit->duration_ms = end->duration.count();
  return {};
}

HostResult stop(Host& host, maintain_text name, Milliseconds grace) {
  if (auto allowed = refuse_in_check_mode(host, "stopped"); !allowed) return allowed;
  auto job = job_named(host, name);
  if (!job) return tl::make_unexpected(job.error());
  if (auto connected = connect_first(host); !connected) return connected;
  return to_call_result(job->stop(host.time_for(std::max(grace, Milliseconds(1))), patience));
}

HostResult collect(Host& host, maintain_text name) {
  if (auto allowed = refuse_in_check_mode(host, "removed"); !allowed) return allowed;
  auto job = job_named(host, name);
  if (!job) return tl::make_unexpected(job.error());
  if (auto connected = connect_first(host); !connected) return connected;
  const auto collected = job->collect(host.time_for(patience));
  if (!collected && collected.error().kind == ErrorKind::refused)
    return tl::make_unexpected(HostFailure{MAINTAIN_INVALID_STATE, collected.error()});
  if (!collected) return tl::make_unexpected(failed_call(collected.error()));
  return forget(host, to_string(name));
}

}  // namespace

const maintain_job_1 job_table = {
    sizeof(maintain_job_1),
    [](const maintain_host* host, maintain_text name, maintain_job_phase* phase, maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return find(self, name, phase); });
    },
    [](const maintain_host* host, maintain_text name, const maintain_command* command, maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return start(self, name, command); });
    },
    [](const maintain_host* host, maintain_text name, uint64_t* offset, const maintain_sink* output,
       int64_t timeout_ms, int64_t idle_timeout_ms, maintain_exit* exit, maintain_error* error) {
      return host_call(host, error, [&](Host& self) {
        return follow(self, name, offset, output, Milliseconds(timeout_ms), Milliseconds(idle_timeout_ms), exit);
      });
    },
    [](const maintain_host* host, maintain_text name, int64_t grace_ms, maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return stop(self, name, Milliseconds(grace_ms)); });
    },
    [](const maintain_host* host, maintain_text name, maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return collect(self, name); });
    }};

}  // namespace maintain
