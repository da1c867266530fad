// maintain.job/1: commands that survive us.
//
// The supervisor learns of a job before it is started and forgets it after it was removed: a kill in between costs
// one needless look at the server, never a job that nobody comes back for.
#include "model/names.hpp"
#include "plugin/extension_tables.hpp"
#include "plugin/host_command.hpp"
#include "plugin/job_script.hpp"
#include "plugin/remote_job.hpp"

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

HostResult find(Host& host, maintain_text name, maintain_job_phase* phase) {
  auto job = job_named(host, name);
  if (!job) return tl::make_unexpected(job.error());
  const auto found = job->find(host.time_for(patience));
  if (!found) return host_fail(found.error());
  *phase = static_cast<maintain_job_phase>(*found);
  return {};
}

HostResult start(Host& host, maintain_text name, const maintain_command* raw) {
  const auto command = admit_command(host, raw);
  if (!command) return tl::make_unexpected(command.error());
  if (auto allowed = refuse_in_check_mode(host, "started"); !allowed) return allowed;
  auto job = job_named(host, name);
  if (!job) return tl::make_unexpected(job.error());
  const auto noted = host.tell([&](TaskEvents& events) { return events.job_pending(to_string(name)); });
  if (!noted) return host_fail(noted.error());
  const std::string user = command->become_user == "root" ? "" : command->become_user;
  const auto started = job->start(job_command_file(command->argv, command->script, command->environment, user),
                                  command->secret, host.time_for(patience));
  if (started) return {};
  // Only `remote` says that there is no job: after a lost connection nobody knows, and a busy one is worth a look.
  if (started.error().kind == ErrorKind::remote)
    if (const auto dropped = host.tell([](TaskEvents& events) { return events.job_pending(""); }); !dropped)
      return host_fail(dropped.error());
  HostFailure failure{to_status(started.error().kind), started.error()};
  if (started.error().kind == ErrorKind::unreachable) failure.status = MAINTAIN_CONNECTION_LOST;
  return tl::make_unexpected(std::move(failure));
}

HostResult follow(Host& host, maintain_text name, std::uint64_t* offset, const maintain_sink* sink,
                  Milliseconds timeout, Milliseconds idle_timeout, maintain_exit* exit) {
  if (offset == nullptr || exit == nullptr || exit->struct_size < sizeof(maintain_exit))
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "job.follow: no place for the offset or the exit status");
  auto job = job_named(host, name);
  if (!job) return tl::make_unexpected(job.error());
  StreamFeed feed(host, sink, UINT64_MAX, true);
  FollowOptions options;
  options.deadline = Deadline::after(host.time_for(timeout));
  options.idle_timeout = idle_timeout;
  options.cancelled = [&] { return host.cancelled(); };
  options.on_output = [&](std::string_view bytes) { return feed.take(bytes); };
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
  return to_host_result(job->stop(host.time_for(std::max(grace, Milliseconds(1))), patience));
}

HostResult collect(Host& host, maintain_text name) {
  if (auto allowed = refuse_in_check_mode(host, "removed"); !allowed) return allowed;
  auto job = job_named(host, name);
  if (!job) return tl::make_unexpected(job.error());
  const auto collected = job->collect(host.time_for(patience));
  if (!collected && collected.error().kind == ErrorKind::refused)
    return tl::make_unexpected(HostFailure{MAINTAIN_INVALID_STATE, collected.error()});
  if (!collected) return host_fail(collected.error());
  return to_host_result(host.tell([](TaskEvents& events) { return events.job_pending(""); }));
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
