// A TCP connection to the first of a name's addresses that answers.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "model/server.hpp"
#include "transport/wait.hpp"

namespace maintain {

// The addresses are tried in the resolver's order with the families taking turns (RFC 8305): each gets a quarter of a
// second before the next is tried beside it. The socket does not block and has TCP_NODELAY.
// unreachable: the name is unknown, or no address answered (the message says what each did); cancelled.
Result<UniqueFd> connect_tcp(const std::string& host, std::uint16_t port, Milliseconds timeout,
                             const Cancelled& cancelled);

struct TransportSettings;

// The same to a server, whose name its errors begin with.
Result<UniqueFd> connect_tcp(const Server& server, const TransportSettings& settings);

}  // namespace maintain
