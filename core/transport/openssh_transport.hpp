// The system's ssh, for what libssh2 cannot do: ssh_config, jump hosts, certificates, hardware keys, RSA.
//
// connect() starts a master in the background that holds the connection; each command is a short ssh beside it, which
// cannot connect by itself.
#pragma once

#include <memory>
#include <string>

#include "transport/transport.hpp"

namespace maintain {

class OpensshTransport final : public Transport {
 public:
  explicit OpensshTransport(TransportSettings settings) : settings_(std::move(settings)) {}
  Result<std::unique_ptr<Connection>> connect(const Server& server) override;
  Result<std::unique_ptr<Connection>> connect_bulk(const Server& server) override;
  Result<std::vector<std::string>> remote_shell(const Server& server, bool with_destination) const override;

 private:
  TransportSettings settings_;
};

// What connect_bulk() of every transport but local does.
Result<std::unique_ptr<Connection>> connect_bulk_openssh(const Server& server, TransportSettings settings);

// The directory in which masters listen: `wanted`, or one below /tmp/maintain-UID when sockets in `wanted` would have
// too long a name (ssh needs 17 bytes more than the path while it makes one). Made where it is missing, so it is for
// those to call who may still write there (see confine() in run/worker.cpp). refused: it is not ours alone.
Result<std::string> make_control_directory(const std::string& wanted);

}  // namespace maintain
