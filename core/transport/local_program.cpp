#include "transport/local_program.hpp"

#include <fmt/format.h>

#include "transport/remote_command.hpp"

namespace maintain {

Result<LocalExit> run_with_deadlines(const std::string& server, const std::vector<std::string>& argv,
                                     const std::string& input, const RemoteCommand& command,
                                     const TransportSettings& settings,
                                     const std::function<bool(std::string_view)>& on_output,
                                     const std::function<bool(std::string_view)>& on_error_output) {
  Steady heard = std::chrono::steady_clock::now();
  bool silent = false;
  const auto listening = [&heard](const std::function<bool(std::string_view)>& taker) {
    return [&heard, &taker](std::string_view piece) {
      heard = std::chrono::steady_clock::now();
      return taker(piece);
    };
  };
  LocalCommand program{.argv = argv};
  program.input = input;
  program.timeout = command.timeout;
  program.on_output = listening(on_output);
  program.on_error_output = listening(on_error_output);
  program.cancelled = [&] {
    if (settings.cancelled && settings.cancelled()) return true;
    silent = command.idle_timeout.count() > 0 && std::chrono::steady_clock::now() - heard > command.idle_timeout;
    return silent;
  };
  auto ended = run_local(program);
  if (ended) return ended;
  if (silent)
    return fail(ErrorKind::timed_out, fmt::format("{}: the command was silent for {}", server,
                                                  format_duration(std::chrono::ceil<Seconds>(command.idle_timeout))));
  if (ended.error().kind == ErrorKind::timed_out) return fail(command_timeout(server, command.timeout));
  if (ended.error().kind == ErrorKind::cancelled) return fail(ErrorKind::cancelled, server + ": cancelled");
  return ended;
}

}  // namespace maintain
