// Which keys may open a server, in the order in which they are offered.
//
// When the server's entry or the settings name key files, these and no others are used; an agent signs for those of
// them that it holds. When nothing is named: the agent's keys, then ~/.ssh/id_ed25519, id_ecdsa and id_rsa.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "model/server.hpp"
#include "transport/agent.hpp"
#include "transport/private_key.hpp"
#include "transport/transport.hpp"

namespace maintain {

struct Identity {
  std::string label;                                // "agent (me@desk)", "/etc/maintain/id_ed25519"
  std::string blob;
  std::shared_ptr<const PrivateKey> key = nullptr;  // null: the agent signs
};

struct Identities {
  std::vector<Identity> usable;
  std::vector<Error> problems;      // key files that cannot be used, and why
  std::string openssh_reason = {};  // why ssh could use a key that we cannot
  std::shared_ptr<Agent> agent = nullptr;
};

// The key files that are named for the server, or else in the settings; empty when none are.
const std::vector<std::string>& named_identity_files(const Server& server, const TransportSettings& settings);

Identities gather_identities(const Server& server, const TransportSettings& settings);

}  // namespace maintain
