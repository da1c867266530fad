// known_hosts files, as sshd(8) describes them: hashed names, [host]:port, wildcards, negation, @revoked,
// @cert-authority. libssh2's own reader knows neither wildcards nor revocation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "model/server.hpp"

namespace maintain {

struct KnownKey {
  std::string type;   // "ssh-ed25519"
  std::string blob;   // the key, in SSH's wire format
  Position where;
};

// What the files say of one server.
struct KnownHost {
  std::vector<KnownKey> keys;
  std::vector<KnownKey> revoked;
  bool certificate_authority = false;   // its host keys may be signed by an authority: only ssh can check that
  bool empty() const { return keys.empty() && !certificate_authority; }
};

enum class HostKeyVerdict { known, unknown, changed, revoked };

// The name under which a server's keys are filed: "web1", or "[web1]:2222" for another port than 22. ssh_config may
// give another one to ssh (HostName, HostKeyAlias).
std::string known_hosts_name(const std::string& host, std::uint16_t port);

// Adds what `text` (the content of `file`) says of the server filed as `name`. As ssh does, keys filed under the plain
// name also count for another port. Lines that are not understood are passed over.
void find_in_known_hosts(std::string_view text, const std::string& file, const std::string& name, KnownHost& found);

// find_in_known_hosts over the files that exist, under the server's own name or another one.
Result<KnownHost> read_known_hosts(const std::vector<std::string>& files, const Server& server);
Result<KnownHost> read_known_hosts(const std::vector<std::string>& files, const std::string& name);

HostKeyVerdict judge_host_key(const KnownHost& known, std::string_view blob);

// The error for a verdict other than known: with the fingerprints, where the old key is filed, and what to do.
Error host_key_error(const Server& server, const KnownHost& known, std::string_view offered_blob);

// `text` without the keys filed as `name`. Names that share a line with it stay; wildcards stay.
std::string remove_from_known_hosts(std::string_view text, const std::string& name);

}  // namespace maintain
