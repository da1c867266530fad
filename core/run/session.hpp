// The worker's server, as tasks reach it: connects when first needed, and anew after the connection was lost.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugin/host_services.hpp"
#include "run/survey.hpp"
#include "transport/transport.hpp"

namespace maintain {

class Session final : public ServerSession {
 public:
  // `transport` outlives the session.
  Session(Server server, Transport& transport, std::function<bool()> cancelled);

  // Nothing to do when a connection is open.
  Result<void> connect() override;
  // Facts and, if wanted, configuration files; remembers the facts.
  Result<Survey> survey(bool with_configs);
  // The time that one command which does nothing takes.
  Result<Milliseconds> round_trip();

  std::string describe() const;  // of the open connection, else empty
  Milliseconds connect_time() const { return connect_time_; }

  // Errors as of Connection::run. An unreachable drops the connection, so that the next call makes a new one.
  Result<RemoteExit> run(const RemoteCommand& command) override;
  Result<void> reconnect(Milliseconds timeout) override;
  void set_cancelled(std::function<bool()> instead) override { instead_ = std::move(instead); }
  // For the transport, too: whether what waits for the server is to end.
  bool cancelled() const { return instead_ ? instead_() : cancelled_(); }
  Result<std::string> facts() override;
  Result<std::vector<std::string>> remote_shell(bool with_destination) override;

 private:
  Server server_;
  Transport& transport_;
  std::function<bool()> cancelled_;
  std::function<bool()> instead_ = {};
  Result<Connection*> connection_for(const RemoteCommand& command);

  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Connection> bulk_;  // made by the first command that wants it
  bool bulk_missing_ = false;         // this machine has no ssh; the other connection serves
  Steady used_{};                     // when connection_ was last known to work
  std::optional<std::string> facts_;  // of the open connection
  Milliseconds connect_time_{0};
};

}  // namespace maintain
