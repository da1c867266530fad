// Pinning host keys: what `maintain trust` does.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "model/server.hpp"
#include "transport/known_hosts.hpp"
#include "transport/transport.hpp"

namespace maintain {

struct HostKey {
  std::string type;         // "ssh-ed25519"
  std::string blob;         // SSH's wire format
  std::string fingerprint;  // "SHA256:..."
  std::string name;         // under which ssh looks it up: ssh_config may have its own (HostName, HostKeyAlias)
};

// All keys that the server offers now, Ed25519 first, by the system's ssh-keyscan; through ssh itself where a jump host
// or another option of ssh lies between, which gives one key. Nothing proves that they are the server's: a person must
// compare the fingerprints. unreachable: no answer.
Result<std::vector<HostKey>> scan_host_keys(const Server& server, const TransportSettings& settings);

// The keys in the output of ssh-keyscan, or in a known_hosts file that ssh wrote without hashing names; pure.
std::vector<HostKey> parse_host_keys(std::string_view text);

struct TrustChange {
  std::vector<HostKey> added;
  int removed = 0;                   // keys of this server that were filed before
  std::vector<KnownKey> left = {};   // with `replace`, what else is still trusted: in other files, or by a wildcard
};

// Whether trust_host_keys() would find all of them filed already and write nothing; its errors, before anybody is
// asked.
Result<bool> are_pinned(const Server& server, const std::vector<HostKey>& keys, const std::vector<std::string>& files,
                        bool replace);

// Files the keys (of one scan) in the first of the known_hosts `files`, in one step. host_key: one of the files has
// other keys for the server already and `replace` is not set (the message names both fingerprints and the line), or a
// key is revoked there. With `replace` the old ones go from the first file; keys filed under a wildcard stay. busy:
// another process was still filing keys when the patience was over.
Result<TrustChange> trust_host_keys(const Server& server, const std::vector<HostKey>& keys,
                                    const std::vector<std::string>& files, bool replace,
                                    Milliseconds patience = Seconds(10));

}  // namespace maintain
