// The system's ssh, for what libssh2 cannot do: ssh_config, jump hosts, certificates, hardware keys, RSA.
//
// connect() starts a master in the background that holds the connection; each command is a short ssh beside it, which
// cannot connect by itself. A command that a signal ended shows as the shell's 128 + n: ssh tells no more.
#pragma once

#include <memory>

#include "transport/transport.hpp"

namespace maintain {

class OpensshTransport final : public Transport {
 public:
  explicit OpensshTransport(TransportSettings settings) : settings_(std::move(settings)) {}
  Result<std::unique_ptr<Connection>> connect(const Server& server) override;
  Result<std::vector<std::string>> remote_shell(const Server& server, bool with_destination) const override;

 private:
  TransportSettings settings_;
};

// Where a master listens, with the directory if it had to be made for it.
struct ControlSocket {
  std::string path;
  std::string temporary_directory = {};
};

// A name in `directory`, or in a new directory below /tmp when that would be too long for a socket (ssh needs 17 bytes
// more than the path while it makes it).
Result<ControlSocket> choose_control_socket(const std::string& directory);

}  // namespace maintain
