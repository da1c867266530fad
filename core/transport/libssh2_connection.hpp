// Commands over an authenticated libssh2 session.
#pragma once

#include <memory>
#include <string>

#include "transport/ssh2_session.hpp"
#include "transport/sudo.hpp"
#include "transport/transport.hpp"

namespace maintain {

class Libssh2Connection final : public Connection {
 public:
  Libssh2Connection(std::unique_ptr<Ssh2Session> session, const std::string& user, const TransportSettings& settings)
      : session_(std::move(session)), sudo_(session_->server(), user, settings.cancelled) {}

  Result<RemoteExit> run(const RemoteCommand& command) override;
  bool usable() const override { return session_->usable(); }
  std::string describe() const override { return "libssh2 (" + session_->describe() + ")"; }

 private:
  Result<RemoteExit> execute(const RemoteCommand& command, const PreparedCommand& prepared);

  std::unique_ptr<Ssh2Session> session_;
  Sudo sudo_;
};

}  // namespace maintain
