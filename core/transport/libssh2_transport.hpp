// The default transport: libssh2, driven without blocking.
#pragma once

#include <memory>
#include <string>

#include "transport/identities.hpp"
#include "transport/known_hosts.hpp"
#include "transport/transport.hpp"

namespace maintain {

// What is known of a connection before it is made.
struct ConnectionPlan {
  KnownHost known;
  Identities identities;
  std::string openssh_reason = {};  // why libssh2 cannot make it and ssh might; empty: it can
};

// ignored: what ssh_config says counts for the system's ssh only. decides: it may be a reason to need that one.
enum class SshConfig { ignored, decides };

// Reads known_hosts, keys and ssh_config. host_key: libssh2 could connect, but knows no key and no authority of the
// server. Where ssh is needed the plan may be without them: ssh_config may give the server another name there.
Result<ConnectionPlan> plan_connection(const Server& server, const TransportSettings& settings, SshConfig ssh_config);

struct Libssh2Attempt {
  Result<std::unique_ptr<Connection>> connection;
  std::string openssh_reason = {};  // when it failed and ssh might not: why
};

Libssh2Attempt connect_libssh2(const Server& server, const TransportSettings& settings, const ConnectionPlan& plan);

class Libssh2Transport final : public Transport {
 public:
  explicit Libssh2Transport(TransportSettings settings) : settings_(std::move(settings)) {}
  Result<std::unique_ptr<Connection>> connect(const Server& server) override;
  Result<std::unique_ptr<Connection>> connect_bulk(const Server& server) override;
  Result<std::vector<std::string>> remote_shell(const Server& server, bool with_destination) const override;

 private:
  TransportSettings settings_;
};

}  // namespace maintain
