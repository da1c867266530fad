#include "transport/local_transport.hpp"

#include "transport/local_program.hpp"
#include "transport/local_user.hpp"
#include "transport/output_collector.hpp"
#include "transport/sudo.hpp"

namespace maintain {
namespace {

class LocalConnection final : public Connection {
 public:
  LocalConnection(const Server& server, TransportSettings settings)
      : server_(server), settings_(std::move(settings)), sudo_(server, local_user(), settings_.cancelled) {}

  Result<RemoteExit> run(const RemoteCommand& command) override {
    const auto prepared = sudo_.prepare(command);
    if (!prepared) return fail(prepared.error());
    RemoteExit exit;
    OutputCollector output(command.on_output, exit.output, command.output_limit);
    OutputCollector error_output(command.on_error_output, exit.error_output, command.output_limit);
    const auto ended = run_with_deadlines(
        server_.name, prepared->words, prepared->input, command, settings_,
        [&](std::string_view piece) { return output.take(piece); },
        [&](std::string_view piece) { return error_output.take(piece); });
    if (!ended && ended.error().kind == ErrorKind::not_found) return no_such_program(command, std::move(exit));
    if (!ended) return fail(ended.error());
    exit.status = ended->signal != 0 ? -1 : ended->status;
    exit.signal = ended->signal;
    exit.truncated = output.truncated() || error_output.truncated();
    return sudo_.judge(command, std::move(exit), error_output.head());
  }

  std::string describe() const override { return "local"; }

 private:
  // What a shell would have said, so that callers see the same from every transport.
  static RemoteExit no_such_program(const RemoteCommand& command, RemoteExit exit) {
    exit.status = 127;
    const std::string message = command.argv[0] + ": not found\n";
    if (!command.on_error_output) exit.error_output = message;
    else command.on_error_output(message);
    return exit;
  }

  Server server_;
  TransportSettings settings_;
  Sudo sudo_;
};

}  // namespace

Result<std::unique_ptr<Connection>> LocalTransport::connect(const Server& server) {
  return std::make_unique<LocalConnection>(server, settings_);
}

Result<std::vector<std::string>> LocalTransport::remote_shell(const Server& server, bool) const {
  return fail(ErrorKind::refused, server.name + " is the maintenance server itself: there is no shell to reach it by");
}

}  // namespace maintain
