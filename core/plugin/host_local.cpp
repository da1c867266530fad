// maintain.local/1: programs on the maintenance server, in the task's own directory.
#include <optional>

#include <nlohmann/json.hpp>

#include "base/fd.hpp"
#include "base/process.hpp"
#include "plugin/extension_tables.hpp"
#include "plugin/host_command.hpp"
#include "plugin/host_confine.hpp"
#include "plugin/host_store.hpp"

namespace maintain {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Milliseconds between_checks{250};  // of what a program does to a draft

HostResult make_directory(const Host& host) {
  if (host.call().directory.empty()) return host_fail(MAINTAIN_UNSUPPORTED, "this run has no task directories");
  return to_host_result(make_directories(host.call().directory, 0700));
}

// What a program is confined to, where it is.
using Confinement = std::optional<const maintain_confinement*>;

HostResult run(Host& host, const maintain_command* raw, Confinement confinement, maintain_exit* exit) {
  auto command = admit_command(host, raw);
  if (!command) return tl::make_unexpected(command.error());
  if (exit == nullptr || !MAINTAIN_HAS(exit, duration_ms))
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "local.run: no place for the exit status");
  if (!command->script.empty() || !command->become_user.empty())
    return host_fail(MAINTAIN_INVALID_ARGUMENT, "a local program is argv only: no script, no become_user");
  if (auto time = host.check_time(command->describe()); !time) return time;
  if (auto made = make_directory(host); !made) return made;
  if (!command->secret)
    host.tell([&](TaskEvents& events) { events.log(LogLevel::debug, "here: " + command->describe()); });

  StreamFeed output(host, command->output, command->output_limit, !command->quiet);
  StreamFeed error_output(host, command->error_output, command->output_limit, !command->quiet);
  const auto start = Clock::now();
  auto last_output = start;
  bool idle = false;
  HostWords words = command->argv;
  if (confinement) words = confined_words(host, command->argv, *confinement);
  if (!words) return tl::make_unexpected(words.error());
  LocalCommand local{.argv = *std::move(words), .environment = command->environment};
  local.directory = host.call().directory;
  local.input = command->input;
  local.timeout = host.time_for(command->timeout);
  local.on_output = [&](std::string_view bytes) {
    last_output = Clock::now();
    return output.take(bytes);
  };
  local.on_error_output = [&](std::string_view bytes) {
    last_output = Clock::now();
    return error_output.take(bytes);
  };
  Result<void> bounds{};
  auto next_check = Clock::now();
  local.cancelled = [&] {
    if (host.store && Clock::now() >= next_check) {
      bounds = host.store->check_draft();
      next_check = Clock::now() + between_checks;
    }
    if (!bounds) return true;
    idle = command->idle_timeout.count() > 0 && Clock::now() - last_output > command->idle_timeout;
    return idle || host.cancelled();
  };

  const Result<LocalExit> ended = run_local(local);
  for (const StreamFeed* feed : {&output, &error_output})
    if (!feed->result()) return feed->result();
  if (!bounds) return host_fail(bounds.error());
  if (!ended && idle)
    return host_fail(MAINTAIN_TIMEOUT, command->describe() + " was silent for too long and was ended");
  if (!ended) return host_fail(ended.error());
  exit->status = ended->signal != 0 ? -1 : ended->status;
  exit->signal = ended->signal;
  exit->truncated = ended->truncated || output.truncated() || error_output.truncated() ? 1 : 0;
  exit->duration_ms = std::chrono::duration_cast<Milliseconds>(Clock::now() - start).count();
  return {};
}

HostResult directory(Host& host, const maintain_sink* path) {
  if (auto made = make_directory(host); !made) return made;
  return write_to(path, host.call().directory);
}

HostResult remote_shell(Host& host, bool with_destination, const maintain_sink* sink) {
  const auto words = host.session().remote_shell(with_destination);
  if (!words && words.error().kind == ErrorKind::refused)  // the local transport has none
    return tl::make_unexpected(HostFailure{MAINTAIN_UNSUPPORTED, words.error()});
  if (!words) return host_fail(words.error());
  return write_to(sink, nlohmann::json(*words).dump());
}

}  // namespace

const maintain_local_1 local_table = {
    sizeof(maintain_local_1),
    [](const maintain_host* host, const maintain_command* command, maintain_exit* exit, maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return run(self, command, {}, exit); });
    },
    [](const maintain_host* host, const maintain_sink* path, maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return directory(self, path); });
    },
    [](const maintain_host* host, uint32_t with_destination, const maintain_sink* words, maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return remote_shell(self, with_destination != 0, words); });
    },
    [](const maintain_host* host, const maintain_command* command, const maintain_confinement* confinement,
       maintain_exit* exit, maintain_error* error) {
      return host_call(host, error, [&](Host& self) { return run(self, command, confinement, exit); });
    }};

}  // namespace maintain
