// Pinning host keys: what `maintain trust` does.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "model/server.hpp"
#include "transport/transport.hpp"

namespace maintain {

struct HostKey {
  std::string type;         // "ssh-ed25519"
  std::string blob;         // SSH's wire format
  std::string fingerprint;  // "SHA256:..."
};

// All keys that the server offers now, Ed25519 first, by the system's ssh-keyscan; through ssh itself where a jump host
// or another option of ssh lies between, which gives one key. Nothing proves that they are the server's: a person must
// compare the fingerprints. unreachable: no answer.
Result<std::vector<HostKey>> scan_host_keys(const Server& server, const TransportSettings& settings);

// The keys in the output of ssh-keyscan, or in a known_hosts file that ssh wrote; pure.
std::vector<HostKey> parse_host_keys(std::string_view text);

struct TrustChange {
  std::vector<HostKey> added;
  int removed = 0;          // keys of this server that were filed before
};

// Files the keys under the server's name, in one step. host_key: the file has other keys for it already and `replace`
// is not set (the message names both fingerprints and the line). With `replace` the old ones go; keys filed under a
// wildcard stay.
Result<TrustChange> trust_host_keys(const Server& server, const std::vector<HostKey>& keys, const std::string& file,
                                    bool replace);

}  // namespace maintain
