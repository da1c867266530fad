#include "transport/identities.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "base/text.hpp"
#include "transport/ssh_wire.hpp"

namespace maintain {
namespace {

constexpr Milliseconds agent_patience{5000};

bool usable_by_libssh2(const std::string& blob) {
  const std::string type = key_type_of(blob);
  return type == "ssh-ed25519" || type == "ssh-rsa" || type.starts_with("ecdsa-sha2-nistp");
}

std::vector<AgentKey> ask_agent(Identities& identities) {
  const char* path = std::getenv("SSH_AUTH_SOCK");
  if (path == nullptr || *path == '\0') return {};
  const Deadline deadline = Deadline::after(agent_patience);
  auto agent = Agent::connect(path, deadline);
  if (!agent) {
    identities.problems.push_back(agent.error());
    return {};
  }
  auto keys = agent->keys(deadline);
  if (!keys) {
    identities.problems.push_back(keys.error());
    return {};
  }
  identities.agent = std::make_shared<Agent>(std::move(*agent));
  return std::move(*keys);
}

Identity from_agent(const AgentKey& key) {
  return {"agent (" + shorten(printable(key.comment), 80) + ")", key.blob};
}

void add_file(Identities& identities, const std::string& path, const std::vector<AgentKey>& agent_keys, bool named) {
  const auto file = load_identity(path);
  if (!file) {
    if (named || file.error().kind != ErrorKind::not_found) identities.problems.push_back(file.error());
    return;
  }
  if (file->only_ssh) {
    identities.openssh_reason = file->path + " is a hardware key or has a certificate";
    return;
  }
  const auto offered = [&](const Identity& identity) { return identity.blob == file->public_blob; };
  if (std::any_of(identities.usable.begin(), identities.usable.end(), offered)) return;
  if (file->key) {
    identities.usable.push_back({file->path, file->public_blob, file->key});
    return;
  }
  const auto held = std::find_if(agent_keys.begin(), agent_keys.end(),
                                 [&](const AgentKey& key) { return key.blob == file->public_blob; });
  if (held != agent_keys.end()) identities.usable.push_back(from_agent(*held));
  else if (file->is_public)
    identities.problems.push_back({ErrorKind::configuration,
                                   file->path + " is a public key, and no agent holds its private half",
                                   "name the private key itself, for example ~/.ssh/maintain", {}});
  else
    identities.problems.push_back({ErrorKind::refused,
                                   "the private key " + file->path +
                                   " is protected by a passphrase and no agent holds it",
                                   "load it into an ssh-agent, or give maintain a key of its own", {}});
}

}  // namespace

const std::vector<std::string>& named_identity_files(const Server& server, const TransportSettings& settings) {
  return server.identity_files.empty() ? settings.identity_files : server.identity_files;
}

Identities gather_identities(const Server& server, const TransportSettings& settings) {
  Identities identities;
  const std::vector<AgentKey> agent_keys = settings.use_agent ? ask_agent(identities) : std::vector<AgentKey>{};
  const std::vector<std::string>& named = named_identity_files(server, settings);
  for (const std::string& path : named) add_file(identities, path, agent_keys, true);
  if (!named.empty()) return identities;
  for (const AgentKey& key : agent_keys) {
    if (usable_by_libssh2(key.blob)) identities.usable.push_back(from_agent(key));
    else if (identities.openssh_reason.empty())
      identities.openssh_reason = "the agent holds a key of type " + printable(key_type_of(key.blob));
  }
  for (const char* path : {"~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"})
    add_file(identities, path, agent_keys, false);
  return identities;
}

}  // namespace maintain
