// maintain.exec/1: commands on the server.
#include <optional>

#include <fmt/format.h>

#include "plugin/extension_tables.hpp"
#include "plugin/host_command.hpp"
#include "plugin/server_call.hpp"

namespace maintain {
namespace {

using Clock = std::chrono::steady_clock;

// While it lives, the server's calls are ended when the time for putting things back is, not by a cancellation.
class CleanupCalls {
 public:
  explicit CleanupCalls(Host& host) : session_(host.session()) {
    session_.set_cancelled([&host] { return !host.check_time("putting things back", Aim::cleanup); });
  }
  ~CleanupCalls() { session_.set_cancelled({}); }
  CleanupCalls(const CleanupCalls&) = delete;
  CleanupCalls& operator=(const CleanupCalls&) = delete;

 private:
  ServerSession& session_;
};

HostResult run(Host& host, const maintain_command* raw, maintain_exit* exit) {
  auto command = admit_command(host, raw);
  if (!command) return tl::make_unexpected(command.error());
  if (exit == nullptr || !MAINTAIN_HAS(exit, duration_ms))
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "exec.run: no place for the exit status");
  if (auto time = host.check_time(command->describe(), command->aim); !time) return time;
  std::optional<CleanupCalls> uncancelled;
  if (command->aim == Aim::cleanup) uncancelled.emplace(host);
  if (auto connected = connect_first(host); !connected) return connected;
  if (!command->secret)
    host.tell([&](TaskEvents& events) { events.log(LogLevel::debug, "on the server: " + command->describe()); });

  StreamFeed output(host, command->output, command->output_limit, !command->quiet);
  StreamFeed error_output(host, command->error_output, command->output_limit, !command->quiet);
  RemoteCommand remote;
  remote.argv = command->argv;
  remote.script = command->script;
  remote.input = command->input;
  remote.become_user = command->become_user;
  remote.environment = command->environment;
  remote.secret = command->secret;
  remote.bulk = command->bulk;
  remote.timeout = host.time_for(command->timeout, command->aim);
  remote.idle_timeout = command->idle_timeout;
  remote.output_limit = static_cast<std::size_t>(command->output_limit);
  remote.on_output = [&](std::string_view bytes) { return output.take(bytes); };
  remote.on_error_output = [&](std::string_view bytes) { return error_output.take(bytes); };

  const auto start = Clock::now();
  const Result<RemoteExit> ended = host.session().run(remote);
  for (const StreamFeed* feed : {&output, &error_output})
    if (!feed->result()) return feed->result();
  if (!ended) return tl::make_unexpected(failed_call(ended.error()));
  exit->status = ended->signal != 0 ? -1 : ended->status;
  exit->signal = ended->signal;
  exit->truncated = ended->truncated || output.truncated() || error_output.truncated() ? 1 : 0;
  exit->duration_ms = std::chrono::duration_cast<Milliseconds>(Clock::now() - start).count();
  return {};
}

HostResult reconnect(Host& host, std::int64_t timeout_ms) {
  if (auto time = host.check_time("reconnecting"); !time) return time;
  return to_host_result(host.session().reconnect(host.time_for(Milliseconds(timeout_ms))));
}

}  // namespace

const maintain_exec_1 exec_table = {
    sizeof(maintain_exec_1),
    [](const maintain_host* host, const maintain_command* command, maintain_exit* exit, maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return run(self, command, exit); });
    },
    [](const maintain_host* host, int64_t timeout_ms, maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return reconnect(self, timeout_ms); });
    }};

}  // namespace maintain
