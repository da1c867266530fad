// Whether ssh_config(5) says something of a server that only the system's ssh can do.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model/server.hpp"

namespace maintain {

struct SshConfigFile {
  std::string name;
  std::string text;
};

// The files that an Include names.
using SshConfigInclude = std::function<std::vector<SshConfigFile>(const std::string& pattern)>;

// What an option in a block that applies to this server makes ssh necessary for: "~/.ssh/config:12 sets ProxyJump";
// empty when nothing does. has_identities: we name keys ourselves, so IdentityFile makes no difference.
// A Match block with other conditions than `all` and `host` is taken as one that applies.
std::string ssh_config_reason(const SshConfigFile& file, const Server& server, bool has_identities,
                              const SshConfigInclude& include);

// The same over ~/.ssh/config and /etc/ssh/ssh_config as they are.
std::string ssh_config_reason(const Server& server, bool has_identities);

}  // namespace maintain
