// Which certificates are served, as the maintenance server sees it: every address of every name, all protocols.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "letsencrypt/probe/served.hpp"

namespace maintain::letsencrypt {

// One result for each endpoint that has an address, and else one for each address of its name (A and AAAA, as
// /etc/hosts and DNS of this machine have them), or one without an address when there is none; in the order of the
// endpoints, each address and port once for an endpoint.
//
// Looks at 64 at a time. `each` is the time for looking names up, and again for each connection from its beginning to
// its certificates. Who refuses, or is not there in time, is asked once more, a second after all others: a service
// that is in a restart is no trouble. is_cancelled is asked at least every 200 ms; when it is true, what is not
// finished becomes Kind::not_looked. Uses the system's clock, for what it waits for is real. Installs no signal
// handlers and needs none.
//
// A name must not make this machine look at itself or its neighbours: to what is_own_address() says nobody connects,
// it becomes Kind::no_route. Only an endpoint of another name may have such an address, for its options say so.
std::vector<Served> probe_from_here(const std::vector<Endpoint>& endpoints, std::chrono::milliseconds each,
                                    const std::function<bool()>& is_cancelled);

// Of this machine or of its own link: 127.0.0.0/8, ::1, 169.254.0.0/16, fe80::/10, 0.0.0.0/8, ::, also where IPv6 maps
// them. Pure.
bool is_own_address(const std::string& address);

}  // namespace maintain::letsencrypt
