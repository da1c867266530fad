// Which certificates are served, as the maintained server sees it: for names that are reachable only from there. By
// `openssl s_client` of OpenSSL 1.1.1 and later (Debian 11, Ubuntu 20.04); nothing is installed or written there.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <maintain/plugin.hpp>

#include "letsencrypt/probe/served.hpp"

namespace maintain::letsencrypt {

// Bounds: of more endpoints the first ones are looked at, of a name 8 addresses, 128 addresses in all.
inline constexpr std::size_t most_server_endpoints = 128;

// Read-only, as the connection's user. Names are resolved there, by /etc/hosts and DNS; 8 run at a time, each for at
// most 10 seconds.
sdk::Command server_probe_command(const std::vector<Endpoint>& endpoints);

// What it printed, for the same endpoints: in their order, each with its address or, where its name has none, without.
// Every endpoint has a result, also when output is nonsense: Kind::not_looked for what was beyond the bounds, of a name
// at the bound besides its addresses. Pure; accepts any bytes.
std::vector<Served> parse_server_probe(const std::vector<Endpoint>& endpoints, std::string_view output);

}  // namespace maintain::letsencrypt
