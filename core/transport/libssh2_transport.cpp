#include "transport/libssh2_transport.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "transport/libssh2_connection.hpp"
#include "transport/local_user.hpp"
#include "transport/openssh_transport.hpp"
#include "transport/ssh2_session.hpp"
#include "transport/ssh_command.hpp"
#include "transport/ssh_config.hpp"
#include "transport/tcp_connect.hpp"

namespace maintain {
namespace {

// RSA host keys need SHA-1 here, and nothing here checks certificates or hardware keys.
bool libssh2_checks(const KnownKey& key) {
  return key.type == "ssh-ed25519" || key.type.starts_with("ecdsa-sha2-nistp");
}

std::string reason_for_openssh(const Server& server, const TransportSettings& settings, const ConnectionPlan& plan,
                               SshConfig ssh_config) {
  if (!server.ssh_options.empty()) return "the inventory gives it options for ssh";
  if (plan.known.certificate_authority) return "its host key is certified by an authority";
  if (!plan.known.keys.empty() && std::none_of(plan.known.keys.begin(), plan.known.keys.end(), libssh2_checks))
    return fmt::format("its only known host key is of type {}", plan.known.keys[0].type);
  if (plan.identities.usable.empty() && !plan.identities.openssh_reason.empty()) return plan.identities.openssh_reason;
  if (ssh_config == SshConfig::ignored) return {};
  return ssh_config_reason(server, !named_identity_files(server, settings).empty());
}

}  // namespace

Result<ConnectionPlan> plan_connection(const Server& server, const TransportSettings& settings, SshConfig ssh_config) {
  if (auto checked = check_destination(server); !checked) return fail(checked.error());
  ConnectionPlan plan;
  auto known = read_known_hosts(settings.known_hosts_files, server);
  if (!known) return fail(known.error());
  plan.known = std::move(*known);
  plan.identities = gather_identities(server, settings);
  plan.openssh_reason = reason_for_openssh(server, settings, plan, ssh_config);
  if (!plan.openssh_reason.empty() || !plan.known.empty()) return plan;
  // Where nobody answers there is no key to look at: such a server is away, which for a transient one is no trouble.
  if (const auto answers = connect_tcp(server, settings); !answers) return fail(answers.error());
  return fail(host_key_error(server, plan.known, {}));
}

Libssh2Attempt connect_libssh2(const Server& server, const TransportSettings& settings, const ConnectionPlan& plan) {
  auto socket = connect_tcp(server, settings);
  if (!socket) return {fail(socket.error())};
  const std::string user = server.user.empty() ? local_user() : server.user;
  auto session = std::make_unique<Ssh2Session>(server, settings, std::move(*socket));
  if (auto shaken = session->handshake(plan.known); !shaken)
    return {fail(shaken.error()),
            session->negotiation_failed() ? "libssh2 has no algorithm in common with the server" : ""};
  if (auto accepted = session->authenticate(user, plan.identities); !accepted) {
    const auto is_rsa = [](const Identity& identity) { return identity.blob.find("ssh-rsa") == 4; };
    const auto& usable = plan.identities.usable;
    std::string reason = plan.identities.openssh_reason;
    if (std::any_of(usable.begin(), usable.end(), is_rsa)) reason = "the server did not take an RSA key from libssh2";
    return {fail(accepted.error()), accepted.error().kind == ErrorKind::authentication ? reason : ""};
  }
  return {std::make_unique<Libssh2Connection>(std::move(session), user, settings)};
}

Result<std::unique_ptr<Connection>> Libssh2Transport::connect(const Server& server) {
  const auto plan = plan_connection(server, settings_, SshConfig::ignored);
  if (!plan) return fail(plan.error());
  if (!plan->openssh_reason.empty())
    return fail(Error{ErrorKind::configuration,
                      fmt::format("{}: libssh2 cannot connect: {}", name_of(server), plan->openssh_reason),
                      "set the transport of this server to auto or openssh", server.where});
  return std::move(connect_libssh2(server, settings_, *plan).connection);
}

Result<std::unique_ptr<Connection>> Libssh2Transport::connect_bulk(const Server& server) {
  return connect_bulk_openssh(server, settings_);
}

Result<std::vector<std::string>> Libssh2Transport::remote_shell(const Server& server, bool with_destination) const {
  return bulk_shell(server, settings_, with_destination);
}

}  // namespace maintain
