// A single jump host among the options that the inventory gives to ssh.
//
// ssh starts another ssh for it, and hands nothing of what it was told on to that one: neither our keys nor our host
// keys nor that it must not ask questions. As a ProxyCommand of ours it gets all of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace maintain {

struct JumpHost {
  std::string user = {};
  std::string host;
  std::uint16_t port = 0;   // 0: as ssh_config says, else 22
};

// [user@]host[:port], also ssh://..., with brackets around an IPv6 address. nullopt for anything else, such as a chain
// of hosts.
std::optional<JumpHost> parse_jump_host(const std::string& text);

// Takes -J, -oProxyJump=... or -o ProxyJump=... out of the options. Leaves them as they are when there is none, more
// than one, one that parse_jump_host() does not take, or a ProxyCommand.
std::optional<JumpHost> take_jump_host(std::vector<std::string>& options);

}  // namespace maintain
