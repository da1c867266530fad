#include "transport/libssh2_connection.hpp"

#include <fmt/format.h>

#include "transport/output_collector.hpp"
#include "transport/ssh2_channel.hpp"
#include "transport/ssh_command.hpp"
#include "transport/status_filter.hpp"

namespace maintain {

Result<RemoteExit> Libssh2Connection::run(const RemoteCommand& command) {
  if (!session_->usable())
    return fail(ErrorKind::unreachable,
                name_of(session_->server()) + ": the connection was given up after an earlier failure");
  auto prepared = sudo_.prepare(command);
  if (!prepared) return fail(prepared.error());
  return execute(command, *prepared);
}

Result<RemoteExit> Libssh2Connection::execute(const RemoteCommand& command, const PreparedCommand& prepared) {
  RemoteExit exit;
  OutputCollector output(command.on_output, exit.output, command.output_limit);
  OutputCollector error_output(command.on_error_output, exit.error_output, command.output_limit);
  StatusFilter filter(random_token());
  const auto take = [&](std::string_view piece) { return output.take(piece); };
  const auto take_error = [&](std::string_view piece) {
    const std::string own = filter.pass(piece);
    return own.empty() || error_output.take(own);
  };
  const Deadline deadline = Deadline::after(command.timeout);
  const auto attempt = [&]() -> Result<void> {
    Ssh2Channel channel(*session_, deadline);
    if (auto opened = channel.open(); !opened) return opened;
    if (auto started = channel.start(filter.wrap(prepared.line())); !started) return started;
    if (auto pumped = channel.pump(prepared.input, command.idle_timeout, take, take_error); !pumped) return pumped;
    return channel.finish(exit);
  };
  if (auto done = attempt(); !done) {
    if (done.error().kind == ErrorKind::unreachable) session_->abandon();
    if (done.error().kind == ErrorKind::timed_out && deadline.passed())
      return fail(command_timeout(name_of(session_->server()), command.timeout));
    return fail(done.error());
  }
  if (const std::string rest = filter.rest(); !rest.empty()) error_output.take(rest);
  // Where the line is missing, a status other than 0 or a signal is the login shell's own end, as of nologin(8).
  if (!filter.tell(exit) && exit.ok()) {
    session_->abandon();
    return fail(ErrorKind::unreachable,
                name_of(session_->server()) + ": the server ended the command without telling its exit status",
                "look at ChannelTimeout in sshd_config on the server");
  }
  exit.truncated = output.truncated() || error_output.truncated();
  return sudo_.judge(command, std::move(exit), error_output.head());
}

}  // namespace maintain
