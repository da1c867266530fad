#include "transport/transport.hpp"

#include "transport/auto_transport.hpp"
#include "transport/libssh2_transport.hpp"
#include "transport/local_transport.hpp"
#include "transport/openssh_transport.hpp"
#include "transport/ssh_command.hpp"

namespace maintain {

Result<std::unique_ptr<Connection>> AutoTransport::fall_back(const Server& server, const std::string& reason) {
  if (settings_.log && told_.insert(server.name).second)
    settings_.log(name_of(server) + ": using the system's ssh: " + reason);
  return OpensshTransport(settings_).connect(server);
}

Result<std::unique_ptr<Connection>> AutoTransport::connect(const Server& server) {
  if (server.transport != TransportKind::automatic) return make_transport(server.transport, settings_)->connect(server);
  const auto plan = plan_connection(server, settings_, SshConfig::decides);
  if (!plan) return fail(plan.error());
  if (!plan->openssh_reason.empty()) return fall_back(server, plan->openssh_reason);
  Libssh2Attempt attempt = connect_libssh2(server, settings_, *plan);
  if (!attempt.connection && !attempt.openssh_reason.empty()) return fall_back(server, attempt.openssh_reason);
  return std::move(attempt.connection);
}

Result<std::unique_ptr<Connection>> AutoTransport::connect_bulk(const Server& server) {
  if (server.transport == TransportKind::local) return connect(server);
  return connect_bulk_openssh(server, settings_);
}

Result<std::vector<std::string>> AutoTransport::remote_shell(const Server& server, bool with_destination) const {
  if (server.transport == TransportKind::local) return LocalTransport(settings_).remote_shell(server, with_destination);
  return bulk_shell(server, settings_, with_destination);
}

std::unique_ptr<Transport> make_transport(TransportKind kind, TransportSettings settings) {
  switch (kind) {
    case TransportKind::libssh2: return std::make_unique<Libssh2Transport>(std::move(settings));
    case TransportKind::openssh: return std::make_unique<OpensshTransport>(std::move(settings));
    case TransportKind::local: return std::make_unique<LocalTransport>(std::move(settings));
    case TransportKind::automatic: break;
  }
  return std::make_unique<AutoTransport>(std::move(settings));
}

void preload_keys(const TransportSettings& settings) {
  for (const std::string& file : settings.identity_files) static_cast<void>(load_identity(file));
}

}  // namespace maintain
