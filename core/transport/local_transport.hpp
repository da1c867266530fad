// Commands on the maintenance server itself, which may be one of the maintained servers.
#pragma once

#include <memory>

#include "transport/transport.hpp"

namespace maintain {

class LocalTransport final : public Transport {
 public:
  explicit LocalTransport(TransportSettings settings) : settings_(std::move(settings)) {}
  Result<std::unique_ptr<Connection>> connect(const Server& server) override;
  Result<std::vector<std::string>> remote_shell(const Server& server, bool with_destination) const override;

 private:
  TransportSettings settings_;
};

}  // namespace maintain
