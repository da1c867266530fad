// Chooses for each server: what its inventory entry asks for, else libssh2, else the system's ssh.
#pragma once

#include <set>
#include <string>

#include "transport/transport.hpp"

namespace maintain {

class AutoTransport final : public Transport {
 public:
  explicit AutoTransport(TransportSettings settings) : settings_(std::move(settings)) {}
  Result<std::unique_ptr<Connection>> connect(const Server& server) override;
  Result<std::unique_ptr<Connection>> connect_bulk(const Server& server) override;
  Result<std::vector<std::string>> remote_shell(const Server& server, bool with_destination) const override;

 private:
  Result<std::unique_ptr<Connection>> fall_back(const Server& server, const std::string& reason);

  TransportSettings settings_;
  std::set<std::string> told_;   // servers whose fall-back is in the log already
};

}  // namespace maintain
