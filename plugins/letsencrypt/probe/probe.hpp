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
// its certificates. is_cancelled is asked at least every 200 ms; when it is true, what is not finished becomes
// Kind::failed. Uses the system's clock, for what it waits for is real. Installs no signal handlers and needs none.
std::vector<Served> probe_from_here(const std::vector<Endpoint>& endpoints, std::chrono::milliseconds each,
                                    const std::function<bool()>& is_cancelled);

}  // namespace maintain::letsencrypt
